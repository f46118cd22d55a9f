import type { Ledger } from './types.ts'

export function createLedger(): Ledger {
  return {
    hold: async ({ ceilingNanoUsd }) => ({ nanoUsd: ceilingNanoUsd ?? 0n, settle: () => undefined }),
  }
}
