/**
 * A stand-in for the AI providers that Atrium calls: one HTTP server that speaks their dialects, checks requests as they
 * do, and answers by script. A script comes with the model name (`fake-1+tokens=200+rate=60`), with a directive in the
 * last user message (`[[fake tokens=200 fault=cut-after:20]]`), or from `enqueue`.
 */
export type { DialectName, ProviderStats, RecordedCall } from './calls.ts'
export { markerOf } from './calls.ts'
export { parseDirective, presetModels } from './directives.ts'
export type { FaultText } from './faults.ts'
export type { ScriptMatch } from './queue.ts'
export type { Echo } from './received.ts'
export { readScript, ScriptError } from './script.ts'
export type { Script, SplitMode, ToolCallScript, UsageScript } from './script.ts'
export { startFakeProvider } from './server.ts'
export type { FakeProvider, FakeProviderOptions } from './server.ts'
export { sign } from './signature.ts'
export { estimateTokens, fakeText, indexesIn, wordAt } from './tokens.ts'
