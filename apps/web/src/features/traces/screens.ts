/** The screens of traces, read when the first of them is opened. */
import { guarded } from '../gateway/Guarded.tsx'
import { TraceScreen as Trace } from './TraceScreen.tsx'
import { TracesScreen as Traces } from './TracesScreen.tsx'

export const TracesScreen = guarded('Traces', 'trace:read', Traces)
export const TraceScreen = guarded('Trace', 'trace:read', Trace)
