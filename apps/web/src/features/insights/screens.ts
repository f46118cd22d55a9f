/** The screen of insights, read when it is opened. */
import { guarded } from '../gateway/Guarded.tsx'
import { InsightsScreen as Insights } from './InsightsScreen.tsx'

export const InsightsScreen = guarded('Insights', 'trace:read', Insights)
