const SAFE = new Set(['http:', 'https:', 'mailto:'])

/** A link that may be opened, or null: only absolute http, https and mailto addresses. */
export function safeUrl(href: string): URL | null {
  if (href.length > 4000) return null
  const url = URL.parse(href)
  return url && SAFE.has(url.protocol) ? url : null
}

/** Where a link leads, as a reader should see it: no protocol, no user name that pretends to be a host. */
export function shownAddress(url: URL): string {
  if (url.protocol === 'mailto:') return url.pathname
  const rest = `${url.pathname}${url.search}${url.hash}`
  return `${url.host}${rest === '/' ? '' : rest}`
}

/** The text of a link already says where it leads. */
export function saysAddress(text: string, url: URL): boolean {
  const said = text.trim().replace(/^(?:https?:\/\/|mailto:)/i, '')
  const shown = shownAddress(url)
  return said === shown || `${said}/` === shown || said === `${shown}/`
}
