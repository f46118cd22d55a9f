import type { FidelityReport } from '@atrium/wire'
import { OutputMeter } from './estimate.ts'

/** What has been seen of one attempt's reply, whichever way it ends. */
export class Seen {
  readonly meter = new OutputMeter()
  readonly begunAt = performance.now()
  /** On the clock of `performance.now()`. */
  firstContentAt: number | null = null
  responseId: string | null = null
  responseModel: string | null = null
  /** The request may have left this process. */
  isSent = false
  /** The listener has been told of this reply. */
  hasBegun = false
  passthrough = false
  /** The client has received its dialect's terminal event, good or bad. */
  terminalSent = false
  fidelity: FidelityReport = []

  get firstContentMs(): number | null {
    return this.firstContentAt === null ? null : this.firstContentAt - this.begunAt
  }
}
