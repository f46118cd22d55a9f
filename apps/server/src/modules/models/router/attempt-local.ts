import type { Guide } from '../guide/guide.ts'
import type { ModelCall, ReplyPart } from '../types.ts'
import type { AttemptEnd } from './attempt.ts'

/** Runs a model that is part of this program. What is not an abort is our own fault and thrown. */
export async function attemptLocal(
  guide: Guide,
  { purpose, request, signal }: ModelCall,
  onParts: (parts: ReplyPart[]) => void,
): Promise<AttemptEnd> {
  try {
    return { kind: 'finished', finish: await guide.run(purpose, request, signal, onParts) }
  } catch (thrown) {
    if (signal.aborted) return { kind: 'aborted', usage: undefined }
    throw thrown
  }
}
