/** The screens around the gateway, read when the first of them is opened. */
export { BudgetsScreen } from '../budgets/BudgetsScreen.tsx'
export { KeysScreen } from '../keys/KeysScreen.tsx'
export { TeamsScreen } from '../keys/TeamsScreen.tsx'
export { UsageScreen } from '../usage/UsageScreen.tsx'
export { ModelsScreen } from '../models/ModelsScreen.tsx'
export { PlaygroundScreen } from './PlaygroundScreen.tsx'
export { RoutingScreen } from '../routing/RoutingScreen.tsx'
