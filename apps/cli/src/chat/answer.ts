import { chatRoutes, type RunEvent, type StopReceipt } from '@atrium/contract'
import type { Client } from '../lib/client.ts'
import { CliError, exitCodes } from '../lib/errors.ts'
import { count, dollars } from '../lib/format.ts'
import type { Output } from '../lib/output.ts'
import { followRun, type RunPlace } from './follow.ts'

/** How a run has ended for the person who waits. */
export type Ending = 'completed' | 'stopped'

/**
 * Shows an answer while it is written. Ctrl+C stops it at the provider and shows what it cost; once more leaves.
 * @throws CliError when the answer failed or was interrupted
 */
export async function showAnswer(
  client: Client,
  place: RunPlace,
  output: Output,
  thinking: boolean,
): Promise<Ending> {
  const following = new AbortController()
  let presses = 0
  const stopped = Promise.withResolvers<StopReceipt | null>()
  const onInterrupt = (): void => {
    presses++
    if (presses > 1) process.exit(exitCodes.interrupted)
    output.note(output.paint('dim', '\nStopping …'))
    client.call(chatRoutes.stopRun, { params: place }).then(stopped.resolve, stopped.reject)
  }
  process.on('SIGINT', onInterrupt)
  try {
    const ending = await show(client, place, output, thinking, following.signal)
    if (presses > 0) showReceipt(output, await stopped.promise)
    return presses > 0 ? 'stopped' : ending
  } finally {
    process.off('SIGINT', onInterrupt)
    following.abort()
  }
}

async function show(
  client: Client,
  place: RunPlace,
  output: Output,
  thinking: boolean,
  signal: AbortSignal,
): Promise<Ending> {
  const screen = createScreen(output, thinking)
  let cuts = 0
  const onCut = (): void => {
    if (cuts++ === 0)
      output.note(output.paint('dim', '\nThe connection broke; going on as soon as it is back …'))
  }
  for await (const { id, event } of followRun(client, place, onCut, signal)) {
    cuts = 0
    if (output.json) output.line({ id, ...event })
    else screen.show(event)
    const ending = endingOf(event)
    if (ending) return ending
  }
  throw new CliError('INTERRUPTED', 'The answer was left.', { exitCode: exitCodes.interrupted })
}

function endingOf(event: RunEvent): Ending | null {
  switch (event.type) {
    case 'turn_completed':
      return 'completed'
    case 'turn_stopped':
      return 'stopped'
    case 'turn_interrupted':
    case 'turn_failed':
      throw new CliError(event.error.code, event.error.message, {
        requestId: event.error.requestId ?? '',
        details: { retryable: event.error.retryable },
      })
    default:
      return null
  }
}

/** Draws the events of one answer: its text on standard output, all else beside it. */
function createScreen(output: Output, thinking: boolean): { show(event: RunEvent): void } {
  let column = 0
  const write = (text: string): void => {
    output.write(text)
    column = text.endsWith('\n') ? 0 : column + text.length
  }
  const remark = (text: string): void => {
    if (output.interactive) process.stderr.write(output.paint('dim', text))
  }
  return {
    show: (event) => {
      if (event.type === 'text_delta') write(event.text)
      if (event.type === 'reasoning_delta' && thinking) remark(event.text)
      if (event.type === 'tool_call_ended') remark(`\n[${event.name}]\n`)
      if (event.type === 'turn_completed' || event.type === 'turn_stopped') {
        if (column > 0) output.write('\n')
        if (output.interactive && event.type === 'turn_completed') remark(`${summary(event)}\n`)
      }
      if ((event.type === 'turn_failed' || event.type === 'turn_interrupted') && column > 0)
        output.write('\n')
    },
  }
}

function summary({
  message: { model, usage, costNanoUsd },
}: Extract<RunEvent, { type: 'turn_completed' }>): string {
  const tokens = usage && usage.output.text + usage.output.reasoning
  return [model, tokens !== null && `${count(tokens)} tokens`, `cost ${dollars(costNanoUsd)}`]
    .filter(Boolean)
    .join(' · ')
}

function showReceipt(output: Output, receipt: StopReceipt | null): void {
  if (!receipt) return
  if (output.json) {
    output.line({ type: 'receipt', ...receipt })
    return
  }
  const { inputTokens, outputTokens, costNanoUsd, estimated } = receipt
  const about = estimated ? 'about ' : ''
  output.note(
    `Stopped after ${about}${count(inputTokens)} input and ${count(outputTokens)} output tokens, cost ${dollars(costNanoUsd)}.`,
  )
}
