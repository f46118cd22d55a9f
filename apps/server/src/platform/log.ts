import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'
import { humanLines } from './log/human.ts'
import { redact, scrub } from './log/redact.ts'

/** A structured logger: `log.info({ workspaceId }, 'what happened')`. */
export type Log = Logger

export interface LogOptions {
  /** One of pino's levels, or `silent`. */
  readonly level: string
  /** Where lines go. Default: standard output. */
  readonly stream?: DestinationStream & { readonly isTTY?: boolean }
}

/**
 * Makes the process's logger: one readable line per event on a terminal, JSON otherwise.
 * Credentials, prompts and message contents are hidden at any depth, by the name of their field; see `redact`.
 */
export function createLog({ level, stream = process.stdout }: LogOptions): Log {
  const destination = stream.isTTY === true ? humanLines(stream) : stream
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: redact,
        bindings: redact,
      },
      serializers: { err: errorFields },
      hooks: { streamWrite: scrub },
    },
    destination,
  )
}

/** A logger that says nothing. */
export const silentLog = (): Log => pino({ level: 'silent' })

/** What a log line says of an error: never its other properties, which may carry requests or rows. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { type, message, stack } = stdSerializers.err(error)
  const code = 'code' in error ? error.code : undefined
  const detail = 'detail' in error && typeof error.detail === 'string' ? error.detail : undefined
  return { type, message, code, detail, stack }
}
