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
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact },
      serializers: { err: errorFields, req: requestFields, res: responseFields },
      hooks: { streamWrite: scrub },
    },
    destination,
  )
  redactChildren(log)
  return log
}

/** Pino does not pass the fields of child loggers through its formatters. */
function redactChildren(log: Log): void {
  // oxlint-disable-next-line typescript/unbound-method -- the proxy hands `this` on
  log.child = new Proxy(log.child, {
    apply: (child, self, [fields, ...rest]: [Record<string, unknown>, ...unknown[]]): unknown =>
      Reflect.apply(child, self, [redact(fields), ...rest]),
  })
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

/** A query may carry keys and signatures. */
function requestFields(request: {
  readonly id?: unknown
  readonly method?: unknown
  readonly url?: unknown
}): unknown {
  const { id, method, url } = request
  return { id, method, path: typeof url === 'string' ? url.split('?')[0] : undefined }
}

function responseFields(response: { readonly statusCode?: unknown }): unknown {
  return { statusCode: response.statusCode }
}
