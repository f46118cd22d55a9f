import type { ConnectionKind } from '@atrium/contract'
import { dialects } from '@atrium/wire'
import { modelErrors } from '../errors.ts'
import { factsOfKind } from './kinds.ts'

/**
 * The base URL of a connection in one spelling, the provider's own when none is given.
 * @throws AppError 400 for one that is missing or could carry a secret or change the paths behind it
 */
export function baseUrlOf(kind: ConnectionKind, given: string | undefined): string {
  const { hasDefaultAddress, dialect } = factsOfKind(kind)
  if (given === undefined) {
    if (!hasDefaultAddress) throw modelErrors.addressNeeded()
    return dialects[dialect].defaultBaseUrl
  }
  const url = URL.parse(given.trim())
  const isPlain =
    url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash
  if (!isPlain) throw modelErrors.addressInvalid()
  return url.href.replace(/\/+$/, '')
}

/** A slug that is free: the wanted one, or the first with a number behind it. */
export function freeSlug(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const slug = number === 1 ? wanted : `${wanted.slice(0, 36)}-${number}`
    if (!taken.has(slug)) return slug
  }
}

/** What a connection's models begin with when nobody says. */
export function slugFor(kind: ConnectionKind, name: string): string {
  if (kind !== 'openai-compatible') return factsOfKind(kind).slug
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 30)
    .replace(/-+$/, '')
  return slug === '' || slug === 'atrium' ? factsOfKind(kind).slug : slug
}
