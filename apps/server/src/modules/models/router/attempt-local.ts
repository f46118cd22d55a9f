import type { Guide } from '../guide/guide.ts'
import type { ModelCall, ReplyPart } from '../types.ts'
import type { AttemptEnd } from './attempt.ts'
import type { Seen } from './seen.ts'
import type { Sink } from './sink.ts'

const beginning = { passthrough: false, contentType: '', fidelity: [], headers: {} }

/** Runs a model that is part of this program. What is not an abort is our own fault and thrown. */
export async function attemptLocal(
  guide: Guide,
  { purpose, request }: ModelCall,
  signal: AbortSignal,
  sink: Sink,
  seen: Seen,
): Promise<AttemptEnd> {
  const onParts = (parts: ReplyPart[]): void => {
    if (!seen.hasBegun) sink.begin(beginning)
    seen.hasBegun = true
    for (const part of parts) {
      if (part.type !== 'response-start') seen.firstContentAt ??= performance.now()
      seen.meter.add(part)
    }
    void sink.parts(parts)
  }
  seen.isSent = !signal.aborted
  try {
    return { kind: 'finished', finish: await guide.run(purpose, request, signal, onParts) }
  } catch (thrown) {
    if (signal.aborted) return { kind: 'aborted', usage: undefined }
    throw thrown
  }
}
