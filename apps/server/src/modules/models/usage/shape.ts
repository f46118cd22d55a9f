import type { ShownCost, UsageTotals } from '@atrium/contract'
import type { Conversion } from '../currencies/convert.ts'
import type { Figures } from './question.ts'

/** Nothing at all. */
export const noFigures: Figures = {
  calls: 0,
  failed: 0,
  aborted: 0,
  unpriced: 0,
  estimated: 0,
  inputUncached: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  outputText: 0,
  outputReasoning: 0,
  costNanoUsd: '0',
  firstTokenCalls: 0,
  firstTokenMs: 0,
  totalMs: 0,
}

/** An amount as it is kept and as the workspace shows it. */
export const shownCost = (nanoUsd: string, conversion: Conversion): ShownCost => ({
  nanoUsd,
  converted: conversion.convert(BigInt(nanoUsd)),
})

/** Sums as the API gives them. */
export function totalsOf(figures: Figures, conversion: Conversion): UsageTotals {
  const { calls, failed, aborted, unpriced, estimated } = figures
  const { inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputText, outputReasoning } = figures
  return {
    calls,
    failed,
    aborted,
    unpriced,
    estimated,
    tokens: { inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, outputText, outputReasoning },
    cost: shownCost(figures.costNanoUsd, conversion),
    firstTokenMs: mean(figures.firstTokenMs, figures.firstTokenCalls),
    totalMs: mean(figures.totalMs, calls),
  }
}

const mean = (sum: number, count: number): number | null =>
  count === 0 ? null : Math.round((10 * sum) / count) / 10
