import { begunLine, recordLine } from './lines.ts'
import type { Registration } from './registration.ts'
import type { Heir, RecordedCall } from './types.ts'

/** What calls are and how they ended, in the words of whoever makes them: kept until it is in the database. */
export class Journal {
  readonly #registration: Registration
  /** Calls without a record, by their ids. */
  readonly #begun = new Map<string, { readonly workspaceId: string; readonly about: string }>()
  #heir: Heir | undefined

  constructor(registration: Registration) {
    this.#registration = registration
  }

  get heir(): Heir | undefined {
    return this.#heir
  }

  bequeathTo(heir: Heir): void {
    this.#heir = heir
  }

  /** Its line is in the spool already: it goes with the hold's. */
  began(workspaceId: string, callId: string, about: string): void {
    this.#begun.set(callId, { workspaceId, about })
  }

  record({ id, json }: RecordedCall): void {
    this.#begun.delete(id)
    try {
      this.#registration.current.spool.append(recordLine(json))
    } catch {
      // The disk is full. The record is on its way to the database.
    }
  }

  /** Whether the database has every record. */
  get isStored(): boolean {
    for (const _ of this.snapshot()) return false
    return true
  }

  /** Lines of what the spool must not forget. */
  *snapshot(): Generator<string> {
    for (const [callId, { workspaceId, about }] of this.#begun) yield begunLine(workspaceId, callId, about)
    for (const { json } of this.#heir?.unstored() ?? []) yield recordLine(json)
  }
}
