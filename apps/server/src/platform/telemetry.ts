import { AsyncLocalStorage } from 'node:async_hooks'
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
  type Tracer,
} from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  RandomIdGenerator,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import type { ServerConfig } from './config.ts'
import type { Log } from './log.ts'
import { lazyExporter } from './telemetry/lazy-exporter.ts'

/** Anything that carries HTTP headers; Fastify's request does. */
export interface Traceable {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Our own traces. Ids exist whether or not they are exported. */
export interface Telemetry extends AsyncDisposable {
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
}

export interface TelemetryOptions {
  /** Where spans go. Default: what the configuration names. */
  readonly exporter?: SpanExporter
}

const closeDeadlineMs = 5_000
/** The trace id that the next root span of a context takes. */
const reservedTraceId = createContextKey('reserved trace id')

/** Sets up tracing. Without a collector spans are only ids, at almost no cost. */
export function createTelemetry(
  config: Pick<ServerConfig, 'telemetry' | 'target'>,
  log: Log,
  options: TelemetryOptions = {},
): Telemetry {
  const ids = createIds()
  const exporter = options.exporter ?? exporterOf(config.telemetry)
  const provider = new BasicTracerProvider({
    idGenerator: ids.generator,
    sampler: exporter ? new AlwaysOnSampler() : new AlwaysOffSampler(),
    resource: resourceFromAttributes({ 'service.name': 'atrium', 'atrium.target': config.target }),
    spanProcessors: exporter
      ? [new BatchSpanProcessor(exporter, { exportTimeoutMillis: closeDeadlineMs })]
      : [],
  })
  const tracer = provider.getTracer('atrium')
  const active = new AsyncLocalStorage<Context>()
  const contextOf = rememberContexts(ids.newTraceId)

  return {
    withSpan: (name, attributes, work, parent = active.getStore() ?? ROOT_CONTEXT) => {
      const span = ids.forContext(parent, () => startSpan(tracer, name, attributes, parent))
      return active.run(trace.setSpan(parent, span), () => finish(span, work))
    },
    record: (name, attributes, durationMs) => {
      const parent = active.getStore()
      if (!exporter || !parent) return
      tracer.startSpan(name, { attributes, startTime: Date.now() - durationMs }, parent).end()
    },
    contextOf,
    traceIdOf: (request) => traceIdIn(contextOf(request)),
    [Symbol.asyncDispose]: () =>
      provider
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

const startSpan = (tracer: Tracer, name: string, attributes: Attributes, parent: Context): Span =>
  tracer.startSpan(name, { attributes }, parent)

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
  const random = new RandomIdGenerator()
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
  const generator = {
    generateTraceId: () => reserved ?? random.generateTraceId(),
    generateSpanId: () => random.generateSpanId(),
  }
  return { generator, forContext, newTraceId: () => random.generateTraceId() }
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
