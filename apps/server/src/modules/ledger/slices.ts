import type { BudgetRow } from './views.ts'

/** The part of one period of a budget that this process has leased. */
export interface Slice {
  readonly entry: BudgetEntry
  /** Of the period; RFC 3339. */
  readonly startsAt: string
  readonly endsAt: string
  /** When the period ends, on the monotonic clock. */
  readonly endsAtMs: number
  /** All that this process was ever granted of the period, less what it gave back; as the database was last known to say. */
  grantedNanoUsd: bigint
  /** Neither held nor spent. */
  freeNanoUsd: bigint
  /** In open holds. */
  heldNanoUsd: bigint
  /** Spent, and not in the database yet. */
  uncommittedNanoUsd: bigint
  /** Below this more is leased ahead of need. */
  refillBelowNanoUsd: bigint
  lastUsedMs: number
  /** What the database says may differ: the answer to a gift was lost. */
  isUncertain: boolean
}

/** A budget as this process knows it. */
export interface BudgetEntry {
  row: BudgetRow
  slice: Slice | undefined
  /** Limit less what is spent, when the database was last asked. */
  unspentNanoUsd: bigint
  /** No more than this is left for certain, until the time given: refusals need no round trip. */
  exhausted: { readonly leftNanoUsd: bigint; readonly untilMs: number } | undefined
  /** Other processes want it too: nothing is leased beyond need until then. */
  tightUntilMs: number
  /** A lease ahead of need is under way. */
  isRefilling: boolean
}

export const newEntry = (row: BudgetRow): BudgetEntry => ({
  row,
  slice: undefined,
  unspentNanoUsd: 0n,
  exhausted: undefined,
  tightUntilMs: 0,
  isRefilling: false,
})

/** What the database says of a lease. */
export interface Grant {
  readonly startsAt: string
  readonly endsAt: string
  readonly endsInMs: number
  readonly grantedNanoUsd: bigint
  readonly unspentNanoUsd: bigint
}

/** Every slice of this process, also those whose period has ended and that still have open holds. */
export class Slices {
  readonly #all = new Set<Slice>()

  values(): IterableIterator<Slice> {
    return this.#all.values()
  }

  /** Takes an answer over. The database is right: an earlier answer may have got lost. */
  granted(entry: BudgetEntry, grant: Grant, nowMs: number): void {
    entry.unspentNanoUsd = grant.unspentNanoUsd
    entry.exhausted = undefined
    let slice = this.#find(entry, grant.startsAt)
    if (!slice) {
      slice = newSlice(entry, grant, nowMs)
      this.#all.add(slice)
    }
    entry.slice = slice
    const gain = grant.grantedNanoUsd - slice.grantedNanoUsd
    slice.grantedNanoUsd = grant.grantedNanoUsd
    slice.freeNanoUsd += gain
    slice.isUncertain = false
    // Near the limit slices are as small as single calls; leasing ahead would only move them around.
    slice.refillBelowNanoUsd = entry.tightUntilMs > nowMs ? 0n : gain / 4n
  }

  /** Takes the answer to a gift over. */
  kept(slice: Slice, grantedNanoUsd: bigint): void {
    slice.freeNanoUsd += grantedNanoUsd - slice.grantedNanoUsd
    slice.grantedNanoUsd = grantedNanoUsd
    slice.isUncertain = false
  }

  forget(slice: Slice): void {
    this.#all.delete(slice)
    if (slice.entry.slice === slice) slice.entry.slice = undefined
  }

  /** The leases are lost: others have taken them over. */
  clear(): void {
    for (const slice of this.#all) slice.entry.slice = undefined
    this.#all.clear()
  }

  #find(entry: BudgetEntry, startsAt: string): Slice | undefined {
    if (entry.slice?.startsAt === startsAt) return entry.slice
    for (const slice of this.#all) if (slice.entry === entry && slice.startsAt === startsAt) return slice
    return undefined
  }
}

function newSlice(entry: BudgetEntry, grant: Grant, nowMs: number): Slice {
  return {
    entry,
    startsAt: grant.startsAt,
    endsAt: grant.endsAt,
    endsAtMs: nowMs + grant.endsInMs,
    grantedNanoUsd: 0n,
    freeNanoUsd: 0n,
    heldNanoUsd: 0n,
    uncommittedNanoUsd: 0n,
    refillBelowNanoUsd: 0n,
    lastUsedMs: nowMs,
    isUncertain: false,
  }
}

/** Nothing of it is held or on its way to the database. */
export const isSettled = (slice: Slice): boolean =>
  slice.heldNanoUsd === 0n && slice.uncommittedNanoUsd === 0n

/** Holds are made in it no more: its period has ended, or its budget was changed or removed. */
export const isRetired = (slice: Slice, nowMs: number): boolean =>
  slice.entry.slice !== slice || nowMs >= slice.endsAtMs
