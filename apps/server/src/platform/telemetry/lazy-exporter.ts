import type { SpanExporter } from '@opentelemetry/sdk-trace-base'

/** An exporter that is loaded when the first spans are due, so that starting the server does not wait for it. */
export function lazyExporter(load: () => Promise<SpanExporter>): SpanExporter {
  let loading: Promise<SpanExporter> | null = null
  const send = async (...[spans, done]: Parameters<SpanExporter['export']>): Promise<void> => {
    loading ??= load()
    const exporter = await loading
    exporter.export(spans, done)
  }
  return {
    export: (spans, done) => void send(spans, done),
    shutdown: async () => (await loading)?.shutdown(),
    forceFlush: async () => (await loading)?.forceFlush?.(),
  }
}
