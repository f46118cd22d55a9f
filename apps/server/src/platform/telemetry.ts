import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import {
  type Attributes,
  type Context,
  createContextKey,
  isValidSpanId,
  isValidTraceId,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { ServerConfig } from './config.ts'
import type { Log } from './log.ts'
import { lazyExporter } from './telemetry/lazy-exporter.ts'
import type { KeptWork, OwnWork, TracePlace, WorkKeeper } from './telemetry/own-work.ts'

export {
  otlpSpanOf,
  spanIdOf,
  traceIdOf,
  type KeptWork,
  type OwnSpan,
  type OwnWork,
  type TracePlace,
} from './telemetry/own-work.ts'

/** Anything that carries HTTP headers; Fastify's request does. */
export interface Traceable {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Our own traces. Ids exist whether or not they are exported. */
export interface Telemetry extends AsyncDisposable {
  /** Whether spans go anywhere: without a collector, work that only describes them can be left out. */
  readonly exports: boolean
  /**
   * Runs `work` in a span, a child of the span around it or of `parent`. A failure marks the span with its type and
   * code, never with its message, which may quote people's words.
   */
  readonly withSpan: <Result>(
    name: string,
    attributes: Attributes,
    work: (span: Span) => Promise<Result>,
    parent?: Context,
  ) => Promise<Result>
  /** Notes work that has just ended, such as a query, under the span around it. Costs nothing without a collector. */
  readonly record: (name: string, attributes: Attributes, durationMs: number) => void
  /** The context of a request: the caller's trace when it sends `traceparent`, otherwise one that begins here. */
  readonly contextOf: (request: Traceable) => Context
  /** The trace of a request, 32 hexadecimal digits; the same at every call. */
  readonly traceIdOf: (request: Traceable) => string
  /** The span of the caller when it sends `traceparent`. */
  readonly callerOf: (request: Traceable) => TracePlace | null
  /** How much of the work for workspaces is kept where they look for it. */
  readonly keeps: KeptWork
  /** Tells of work that has ended; costs next to nothing. */
  readonly note: (work: OwnWork) => void
  /** Names who keeps it, and how much of it. */
  readonly keepWith: (keeper: WorkKeeper, keeps: KeptWork) => void
}

export interface TelemetryOptions {
  /** Where spans go. Default: what the configuration names. */
  readonly exporter?: SpanExporter
}

/** What makes spans. */
export interface Tracing {
  readonly startSpan: (
    name: string,
    attributes: Attributes,
    parent: Context,
    /** When it began, in milliseconds since 1970; now unless given. */
    startTime?: number,
  ) => Span
  readonly shutdown: () => Promise<void>
}

/** Mints the ids of traces (32 hexadecimal digits) and spans (16). */
export interface Ids {
  readonly generateTraceId: () => string
  readonly generateSpanId: () => string
}

/** The trace id that the next root span of a context takes. */
const reservedTraceId = createContextKey('reserved trace id')

/** Sets up tracing. Without a collector spans are only ids, at almost no cost, and the SDK is not even loaded. */
export async function createTelemetry(
  config: Pick<ServerConfig, 'telemetry' | 'target'>,
  log: Log,
  options: TelemetryOptions = {},
): Promise<Telemetry> {
  const ids = createIds()
  const exporter = options.exporter ?? exporterOf(config.telemetry)
  const tracing = exporter
    ? await exported(exporter, ids.generator, config.target)
    : unrecorded(ids.generator)
  const active = new AsyncLocalStorage<Context>()
  const contextOf = rememberContexts(ids.newTraceId)
  let keeper: { readonly keep: WorkKeeper; readonly keeps: KeptWork } | null = null

  return {
    exports: exporter !== null,
    get keeps() {
      return keeper?.keeps ?? 'nothing'
    },
    note: (work) => keeper?.keep(work),
    keepWith: (keep, keeps) => {
      keeper = { keep, keeps }
    },
    withSpan: (name, attributes, work, parent = active.getStore() ?? ROOT_CONTEXT) => {
      const span = ids.forContext(parent, () => tracing.startSpan(name, attributes, parent))
      return active.run(trace.setSpan(parent, span), () => finish(span, work))
    },
    record: (name, attributes, durationMs) => {
      const parent = active.getStore()
      if (!exporter || !parent) return
      tracing.startSpan(name, attributes, parent, Date.now() - durationMs).end()
    },
    contextOf,
    traceIdOf: (request) => traceIdIn(contextOf(request)),
    callerOf: (request) => placeIn(contextOf(request)),
    [Symbol.asyncDispose]: () =>
      tracing
        .shutdown()
        .catch((error: unknown) => log.warn({ err: error }, 'the last spans could not be exported')),
  }
}

function exporterOf(config: ServerConfig['telemetry']): SpanExporter | null {
  if (config.mode === 'off') return null
  const headers = Object.fromEntries([...config.headers].map(([name, value]) => [name, value.reveal()]))
  return lazyExporter(async () => {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
    return new OTLPTraceExporter({ url: `${config.endpoint}/v1/traces`, headers })
  })
}

async function exported(exporter: SpanExporter, ids: Ids, target: string): Promise<Tracing> {
  const { exportTracing } = await import('./telemetry/sdk.ts')
  return exportTracing(exporter, ids, { 'service.name': 'atrium', 'atrium.target': target })
}

/** Spans that carry ids and record nothing. */
function unrecorded(ids: Ids): Tracing {
  return {
    startSpan: (_name, _attributes, parent) => {
      const around = trace.getSpanContext(parent)
      return trace.wrapSpanContext({
        traceId: around?.traceId ?? ids.generateTraceId(),
        spanId: ids.generateSpanId(),
        traceFlags: TraceFlags.NONE,
      })
    },
    shutdown: async () => undefined,
  }
}

async function finish<Result>(span: Span, work: (span: Span) => Promise<Result>): Promise<Result> {
  try {
    return await work(span)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    span.setAttribute('error.type', code ?? (error instanceof Error ? error.name : typeof error))
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}

/** An id generator that can be told the trace id of the next root span; starting a span is synchronous. */
function createIds() {
  let reserved: string | null = null
  const forContext = (context: Context, start: () => Span): Span => {
    const value = context.getValue(reservedTraceId)
    reserved = typeof value === 'string' ? value : null
    try {
      return start()
    } finally {
      reserved = null
    }
  }
  const newTraceId = (): string => randomBytes(16).toString('hex')
  const generator: Ids = {
    generateTraceId: () => reserved ?? newTraceId(),
    generateSpanId: () => randomBytes(8).toString('hex'),
  }
  return { generator, forContext, newTraceId }
}

function rememberContexts(newTraceId: () => string): (request: Traceable) => Context {
  const known = new WeakMap<Traceable, Context>()
  return (request) => {
    const context =
      known.get(request) ?? callersContext(request) ?? ROOT_CONTEXT.setValue(reservedTraceId, newTraceId())
    known.set(request, context)
    return context
  }
}

const traceparent = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/

/** Reads W3C Trace Context, level 1: `version-traceId-parentId-flags`. */
function callersContext({ headers }: Traceable): Context | null {
  const header = headers['traceparent']
  const [, traceId = '', spanId = '', flags = ''] =
    traceparent.exec(typeof header === 'string' ? header : '') ?? []
  if (!isValidTraceId(traceId) || !isValidSpanId(spanId)) return null
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: parseInt(flags, 16) & 1,
    isRemote: true,
  })
}

function traceIdIn(context: Context): string {
  return trace.getSpanContext(context)?.traceId ?? String(context.getValue(reservedTraceId))
}

function placeIn(context: Context): TracePlace | null {
  const around = trace.getSpanContext(context)
  return around ? { traceId: around.traceId, parentId: around.spanId } : null
}
