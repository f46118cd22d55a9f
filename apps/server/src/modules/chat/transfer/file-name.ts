import { cut } from './checks.ts'

const maxChars = 80
/** Device names that Windows keeps for itself, whatever the extension. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i

/** A file name that is harmless on every system: no path, no control or direction characters, no leading dot. */
export function safeFileName(title: string, extension: string): string {
  const words = title
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}"*/:<>?\\|\u{fffd}]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/^[. ]+/g, '')
  const stem = cut(words, maxChars).replaceAll(/[. ]+$/g, '')
  return `${stem === '' || reserved.test(stem) ? 'conversation' : stem}.${extension}`
}

/** The header that makes browsers save the answer (RFC 6266), with the name in ASCII and in full (RFC 8187). */
export function attachmentHeader(fileName: string): string {
  const ascii = fileName
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^ -~]+/g, '_')
    .replaceAll(/["\\%]/g, '_')
  const full = encodeURIComponent(fileName).replaceAll(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${full}`
}
