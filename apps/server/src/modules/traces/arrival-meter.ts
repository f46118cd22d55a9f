import type { Metrics } from '#platform/metrics'
import type { Storage } from './writer.ts'

/** Counts for whoever watches the installation what a storage has committed, and what was not fit for it. */
export function createArrivalMeter(metrics: Metrics) {
  const records = metrics.counter(
    'atrium_ingest_records_total',
    'Spans, log records and metric points that arrived, by signal and outcome (accepted, rejected).',
    ['signal', 'outcome'],
  )
  return <Row>(signal: 'traces' | 'logs' | 'metrics', storage: Storage<Row>): Storage<Row> => ({
    ...storage,
    store: async (delivery) => {
      await storage.store(delivery)
      records.inc({ signal, outcome: 'accepted' }, delivery.rows.length)
      records.inc({ signal, outcome: 'rejected' }, delivery.rejected)
    },
  })
}
