import { otlpSpanOf, spanIdOf, type OwnSpan, type Telemetry, type TracePlace } from '#platform/telemetry'
import { textOf } from './prompt.ts'
import type { RunRow } from './rows.ts'
import type { RunEnding } from './store.ts'

/** Keeps turns, and what is done after them, among the traces of their workspace. */
export interface TurnSpans {
  /** A request whose caller has a span of its own is about to begin a run. */
  asked(requestId: string, caller: TracePlace): void
  ended(run: RunRow, ending: RunEnding): void
  /** A job that followed a turn. */
  jobEnded(job: JobSpan): void
}

export interface JobSpan extends Pick<OwnSpan, 'place' | 'spanId' | 'name' | 'startedAtMs' | 'error'> {
  readonly workspaceId: string
  readonly personId: string
  readonly conversationId: string
}

/** The spans of callers are known here as long as their runs are young; later the trace has no root of theirs. */
const mostCallers = 10_000
const agent = 'Chat'

export function createTurnSpans(telemetry: Telemetry): TurnSpans {
  const callers = new Map<string, string | null>()
  return {
    asked: (requestId, { parentId }) => {
      if (callers.size >= mostCallers) callers.delete(callers.keys().next().value ?? '')
      callers.set(requestId, parentId)
    },
    ended: (run, ending) => {
      const parentId = callers.get(run.request_id) ?? null
      callers.delete(run.request_id)
      if (telemetry.keeps === 'nothing') return
      const startedAtMs = run.created_at.getTime()
      const durationMs = Date.now() - startedAtMs
      const answer = telemetry.keeps === 'texts' ? textOf(ending.content) : ''
      telemetry.note({
        workspaceId: run.workspace_id,
        privateTo: run.person_id,
        chars: answer.length,
        describe: () => [
          otlpSpanOf({
            place: { traceId: run.trace_id, parentId },
            spanId: spanIdOf(run.id),
            name: `invoke_agent ${agent}`,
            kind: 'internal',
            startedAtMs,
            durationMs,
            attributes: { ...turnAttributes(run, ending), ...answered(answer) },
            error: ending.error && { type: ending.error.code, message: ending.error.message },
          }),
        ],
      })
    },
    jobEnded: ({ workspaceId, personId, conversationId, ...job }) => {
      if (telemetry.keeps === 'nothing') return
      const durationMs = Date.now() - job.startedAtMs
      const attributes = { 'gen_ai.conversation.id': conversationId, 'user.id': personId }
      telemetry.note({
        workspaceId,
        privateTo: personId,
        chars: 0,
        describe: () => [otlpSpanOf({ ...job, kind: 'consumer', durationMs, attributes })],
      })
    },
  }
}

/** The model and its tokens are in the span of the call, which is below. */
const turnAttributes = (run: RunRow, { status }: RunEnding) => ({
  'gen_ai.operation.name': 'invoke_agent',
  'gen_ai.agent.name': agent,
  'gen_ai.conversation.id': run.conversation_id,
  'user.id': run.person_id,
  'atrium.conversation.id': run.conversation_id,
  'atrium.run.id': run.id,
  'atrium.message.id': run.assistant_message_id,
  'atrium.turn.status': status,
  'atrium.turn.model': run.model,
})

const answered = (content: string) =>
  content === ''
    ? {}
    : {
        'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content }] }]),
      }
