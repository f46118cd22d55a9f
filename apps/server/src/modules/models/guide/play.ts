import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplyPart } from '../types.ts'
import type { Script, Section } from './script.ts'

export interface Pace {
  /** 0 is as fast as the reader takes it. */
  readonly tokensPerSecond: number
  readonly tickMs: number
}

export interface PlayOptions {
  readonly pace: Pace
  readonly signal: AbortSignal
  readonly maxTokens: number | undefined
  readonly emit: (parts: ReplyPart[]) => void
}

/** How a script was played to its end. */
export interface Played {
  readonly reason: 'stop' | 'length'
  readonly textTokens: number
  readonly reasoningTokens: number
}

interface Step {
  readonly part: ReplyPart
  readonly kind: 'text' | 'reasoning' | 'mark'
}

/** So many steps are sent between looks at the abort signal when there is no pace. */
const burst = 500

/**
 * Streams a script word by word. What a slow tick missed is made up for at the next one.
 * @throws the signal's reason when aborted
 */
export async function play(script: Script, { pace, signal, maxTokens, emit }: PlayOptions): Promise<Played> {
  const counts = { text: 0, reasoning: 0 }
  const steps = stepsOf(script)
  const begun = performance.now()
  for (;;) {
    signal.throwIfAborted()
    const due =
      pace.tokensPerSecond === 0
        ? burst
        : dueBy(performance.now() - begun, pace) - counts.text - counts.reasoning
    const { parts, done, cut } = take(steps, due, counts, maxTokens ?? Infinity)
    if (parts.length > 0) emit(parts)
    if (done)
      return { reason: cut ? 'length' : 'stop', textTokens: counts.text, reasoningTokens: counts.reasoning }
    await sleep(pace.tokensPerSecond === 0 ? 0 : pace.tickMs, undefined, { signal })
  }
}

/** The first word is due at once. */
const dueBy = (elapsedMs: number, pace: Pace): number =>
  1 + Math.floor((elapsedMs * pace.tokensPerSecond) / 1000)

function take(
  steps: Iterator<Step>,
  due: number,
  counts: { text: number; reasoning: number },
  maxTokens: number,
): { parts: ReplyPart[]; done: boolean; cut: boolean } {
  const parts: ReplyPart[] = []
  for (let taken = 0; taken < due;) {
    if (counts.text + counts.reasoning >= maxTokens)
      return { parts: [...parts, ...ending(parts)], done: true, cut: true }
    const next = steps.next()
    if (next.done) return { parts, done: true, cut: false }
    const { part, kind } = next.value
    append(parts, part)
    if (kind === 'mark') continue
    counts[kind] += 1
    taken += 1
  }
  return { parts, done: false, cut: false }
}

/** A reply that is cut has its block ended all the same. */
function ending(parts: readonly ReplyPart[]): ReplyPart[] {
  const last = parts.at(-1)
  return last?.type === 'text-delta' || last?.type === 'text-start' ? [{ type: 'text-end', id: last.id }] : []
}

/** Words of one tick travel as one delta. */
function append(parts: ReplyPart[], part: ReplyPart): void {
  const last = parts.at(-1)
  const joins = last && 'delta' in last && 'delta' in part && last.type === part.type && last.id === part.id
  if (joins) parts[parts.length - 1] = { ...last, delta: last.delta + part.delta }
  else parts.push(part)
}

function* stepsOf(script: Script): Generator<Step> {
  for (const [place, section] of script.entries()) yield* stepsOfSection(section, `guide-${place}`)
}

const mark = (part: ReplyPart): Step => ({ part, kind: 'mark' })

function* stepsOfSection(section: Section, id: string): Generator<Step> {
  switch (section.kind) {
    case 'text':
    case 'reasoning': {
      const { kind } = section
      yield mark({ type: `${kind}-start`, id })
      for (const delta of wordsOf(section.text)) yield { part: { type: `${kind}-delta`, id, delta }, kind }
      yield mark({ type: `${kind}-end`, id })
      return
    }
    case 'tool': {
      const rawArgs = JSON.stringify(section.args)
      yield mark({ type: 'tool-input-start', id, name: section.name })
      for (const delta of wordsOf(rawArgs))
        yield { part: { type: 'tool-input-delta', id, delta }, kind: 'text' }
      yield mark({ type: 'tool-input-end', id })
      yield mark({ type: 'tool-call', id, name: section.name, args: { ...section.args }, rawArgs })
      yield mark({ type: 'tool-result', id, name: section.name, output: section.output, isError: false })
      return
    }
    case 'source':
      yield mark({ type: 'source', id, title: section.title, snippet: section.snippet })
  }
}

/** Words with the blanks behind them; joined they are the text again. */
const wordsOf = (text: string): string[] => text.match(/\s*\S+\s*/g) ?? (text === '' ? [] : [text])
