import type { Admission } from '#modules/admission'
import type { Identity } from '#modules/identity'
import type { Models } from '#modules/models'
import type { Log } from '#platform/log'
import type { Platform } from '#platform/platform'
import type { Telemetry } from '#platform/telemetry'
import { createAnswers, type Answers } from './answers.ts'
import { createCallStates, type CallStates } from './states.ts'
import { forgetOld } from './store.ts'

/** What the endpoints work with. */
export interface Gateway {
  readonly identity: Identity
  readonly admission: Admission
  readonly models: Models
  readonly telemetry: Telemetry
  readonly log: Log
  readonly answers: Answers
  readonly states: CallStates
  readonly tidy: () => Promise<void>
}

export function createGateway(
  context: Platform & {
    readonly identity: Identity
    readonly admission: Admission
    readonly models: Models
  },
  scope: AsyncDisposableStack,
): Gateway {
  const { identity, admission, models, telemetry, log, db, jobDb } = context
  return {
    identity,
    admission,
    models,
    telemetry,
    log,
    answers: createAnswers(db, log, scope),
    states: createCallStates(db),
    tidy: () => jobDb.transaction(forgetOld),
  }
}
