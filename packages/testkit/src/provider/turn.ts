import type { ServerResponse } from 'node:http'
import { composeAnswer } from './answer.ts'
import { markerOf, type CallLog, type RecordedCall } from './calls.ts'
import type { Dialect } from './dialects/dialect.ts'
import { parseDirective, scriptOfModel } from './directives.ts'
import { parseFaults, type Fault } from './faults.ts'
import { Playback } from './playback.ts'
import { asksForTitle, lastUserText, type Received } from './received.ts'
import { Refusal, type RefusalReason } from './refusal.ts'
import { faultTexts, type Script } from './script.ts'
import type { ScriptQueue } from './queue.ts'
import type { Ticker } from './ticker.ts'

/** What every answer is made with. */
export interface TurnTools {
  readonly log: CallLog
  readonly queue: ScriptQueue
  readonly ticker: Ticker
  readonly defaults: Script
}

const titleScript: Script = { text: 'A short fake title' }

const reasons: Record<number, RefusalReason> = {
  400: 'invalid-request',
  401: 'authentication',
  403: 'permission',
  404: 'not-found',
  413: 'too-large',
  429: 'rate-limit',
  503: 'unavailable',
  529: 'overloaded',
}

const messages: Partial<Record<RefusalReason, string>> = {
  'rate-limit': 'Rate limit reached for requests',
  unavailable: 'The service is temporarily unavailable. Please try again later.',
  overloaded: 'Overloaded',
  server: 'The server had an error while processing your request',
}

/** Decides how a validated request is answered and begins to answer it. Throws a `Refusal` or a `ScriptError`. */
export function startTurn(
  tools: TurnTools,
  dialect: Dialect,
  received: Received,
  call: RecordedCall,
  response: ServerResponse,
): void {
  const { log, ticker } = tools
  call.model = received.model
  call.purpose = asksForTitle(received) ? 'title' : 'turn'
  call.marker = markerOf(lastUserText(received))
  const script = scriptFor(tools, received, call)
  call.script = script
  const seen = log.countMarker(call)
  const faults = strikes(script, received, seen) ? parseFaults(faultTexts(script), script.seed) : []
  refuseIfScripted(faults)
  const answer = composeAnswer(script, faults, received, call.seq, call.startedAt)
  const parts = { response, dialect, answer, script, faults, call, log, ticker }
  ticker.add(new Playback(parts, performance.now()))
}

/** Lets status faults in a model's name strike calls that have no script otherwise. Throws a `Refusal`. */
export function refuseByModel(model: string): void {
  const script = scriptOfModel(model)
  refuseIfScripted(parseFaults(faultTexts(script), script.seed))
}

/**
 * Defaults, then the model name, then the directive, then what was enqueued. A call for a title quotes the
 * conversation, directives included, so those and the queue are not for it.
 */
function scriptFor(tools: TurnTools, received: Received, call: RecordedCall): Script {
  const base = { ...tools.defaults, ...scriptOfModel(received.model) }
  if (call.purpose === 'title') return { ...base, ...titleScript }
  const said = lastUserText(received)
  return { ...base, ...parseDirective(said), ...tools.queue.take(received.model, said) }
}

function strikes(script: Script, received: Received, seen: number): boolean {
  const name = received.model.split('+')[0]
  return seen <= (script.times ?? Infinity) && (script.on === undefined || script.on === name)
}

function refuseIfScripted(faults: readonly Fault[]): void {
  const fault = faults.find((candidate) => candidate.kind === 'status')
  if (fault === undefined) return
  const reason = fault.spend ? 'spend-limit' : (reasons[fault.status] ?? 'server')
  const message = messages[reason] ?? `Scripted status ${fault.status}`
  throw new Refusal(fault.status, reason, message, { retryAfterS: fault.retryAfterS })
}
