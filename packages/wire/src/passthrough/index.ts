export { type Preparation, type PreparedBody, prepareBody } from './body.ts'
export { condense } from './condense.ts'
export { createPassthroughFilter, type PassthroughFilter } from './filter.ts'
export { createMeter, type Meter, type MeterOptions, type MeterReading, meterReply } from './meter.ts'
