import type { ModelPrice } from '@atrium/contract'
import type { Tx } from '#platform/db'
import { readAllOverrides, type OverrideRow } from './override-store.ts'
import { sheetOfPublic } from './price-json.ts'
import { makerOfKind, priceOf, tiersOf, type PriceQuestion, type PriceSheet } from './prices.ts'

export interface BookQuestion extends PriceQuestion {
  readonly connectionId: string
}

/** A price with where it comes from. */
export interface BookPrice {
  /** Null when nobody knows the price. */
  readonly sheet: PriceSheet | null
  readonly origin: ModelPrice['origin']
  readonly overrideId: string | null
}

/** The prices of one workspace: its own before the published ones. */
export interface PriceBook {
  priceOf(question: BookQuestion): BookPrice
}

/** Reads what a workspace has agreed otherwise. */
export async function readPriceBook(tx: Tx, workspaceId: string): Promise<PriceBook> {
  return priceBookOf(await readAllOverrides(tx, workspaceId))
}

/**
 * Of the overrides that fit and are in effect, the most precise counts: one for the connection before one for all, then
 * the one whose pattern spells out more, then the one that took effect last.
 */
function priceBookOf(overrides: readonly OverrideRow[]): PriceBook {
  return {
    priceOf: (question) => {
      const found = overrides.filter((override) => fits(override, question)).toSorted(byPrecision)[0]
      if (!found) return published(question)
      const maker = makerOfKind(question.kind)
      const source = `override ${found.id} v${found.version}`
      const sheet = sheetOfPublic(found.sheet, {
        source,
        ...(maker === undefined ? {} : { tiers: tiersOf(maker, question.upstreamId) }),
      })
      return { sheet, origin: 'override', overrideId: found.id }
    },
  }
}

function published(question: PriceQuestion): BookPrice {
  const sheet = priceOf(question)
  const free = question.kind === 'ollama' ? 'free' : 'published'
  return { sheet, origin: sheet ? free : 'unknown', overrideId: null }
}

function fits(override: OverrideRow, { connectionId, upstreamId, at }: BookQuestion): boolean {
  return (
    override.effectiveFrom <= at &&
    (override.connectionId === null || override.connectionId === connectionId) &&
    matchesPattern(override.modelPattern, upstreamId)
  )
}

const byPrecision = (a: OverrideRow, b: OverrideRow): number =>
  Number(b.connectionId !== null) - Number(a.connectionId !== null) ||
  spelledOut(b) - spelledOut(a) ||
  b.effectiveFrom.getTime() - a.effectiveFrom.getTime() ||
  b.createdAt.getTime() - a.createdAt.getTime()

const spelledOut = ({ modelPattern }: OverrideRow): number => modelPattern.replaceAll('*', '').length

/** Whether a name is of the pattern, in which `*` stands for any characters; without regard to case. Takes linear time. */
export function matchesPattern(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*')
  const text = name.toLowerCase()
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let place = first.length
  for (const part of rest) {
    const found = text.indexOf(part, place)
    if (found < 0) return false
    place = found + part.length
  }
  return text.length - last.length >= place && text.endsWith(last)
}
