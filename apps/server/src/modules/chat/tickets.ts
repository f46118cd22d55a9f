import { unlimited, type UserPart } from '@atrium/contract'
import type { Admission, Ticket } from '#modules/admission'
import type { CallResult } from '#modules/models'
import type { Member } from '#platform/http'

const bytesPerToken = 4
/** What an answer is taken to have at most until it is known. */
const usualOutputTokens = 4096
/** How long a commit may take. */
const unconfirmedMs = 30_000

interface Held {
  readonly ticket: Ticket
  readonly estimatedTokens: number
}

/** Leave for turns by the limits of person, key and workspace: taken before anything is stored, held until the end. */
export class TurnTickets {
  readonly #admission: Admission
  readonly #held = new Map<string, Held>()

  constructor(admission: Admission) {
    this.#admission = admission
  }

  /**
   * Needs no round trip of its own. What the model will read beside the new message is not known yet; it is owed
   * when the answer has ended.
   * @throws AppError RATE_LIMIT_EXCEEDED 429
   */
  async take({ workspaceId, personId, key }: Member, parts: readonly UserPart[]): Promise<TurnTicket> {
    const text = parts.reduce(
      (bytes, part) => bytes + (part.type === 'text' ? Buffer.byteLength(part.text) : 0),
      0,
    )
    const estimatedTokens = Math.ceil(text / bytesPerToken) + usualOutputTokens
    const ticket = await this.#admission.admit({
      workspaceId,
      personId,
      keyId: key?.id ?? null,
      limits: key?.limits ?? unlimited,
      estimatedTokens,
    })
    // Should the commit fail, nobody says so.
    const late = setTimeout(() => ticket.release(0), unconfirmedMs).unref()
    return {
      keepFor: (runId) => {
        clearTimeout(late)
        this.#held.set(runId, { ticket, estimatedTokens })
      },
      giveBack: () => {
        clearTimeout(late)
        ticket.release(0)
      },
    }
  }

  /** A run has ended, here or elsewhere; it took what was estimated unless told. Only the first call counts. */
  end(runId: string, tokens?: number): void {
    const held = this.#held.get(runId)
    this.#held.delete(runId)
    held?.ticket.release(tokens ?? held.estimatedTokens)
  }
}

/** Leave for one turn that is being accepted. */
export interface TurnTicket {
  /** The turn is stored. */
  keepFor(runId: string): void
  /** The turn was refused. */
  giveBack(): void
}

/** What a call has taken. */
export function tokensOf({ usage: { input, output } }: CallResult): number {
  const { uncached, cacheRead, cacheWrite5m, cacheWrite1h } = input
  return uncached + cacheRead + cacheWrite5m + cacheWrite1h + output.text + output.reasoning
}
