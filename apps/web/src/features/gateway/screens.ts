/** The screens around the gateway, read when the first of them is opened. */
import { BudgetsScreen as Budgets } from '../budgets/BudgetsScreen.tsx'
import { KeysScreen as Keys } from '../keys/KeysScreen.tsx'
import { TeamsScreen as Teams } from '../keys/TeamsScreen.tsx'
import { ModelsScreen as Models } from '../models/ModelsScreen.tsx'
import { RoutingScreen as Routing } from '../routing/RoutingScreen.tsx'
import { UsageScreen as Usage } from '../usage/UsageScreen.tsx'
import { guarded } from './Guarded.tsx'
import { PlaygroundScreen as Playground } from './PlaygroundScreen.tsx'

export const UsageScreen = guarded('Usage', 'usage:read', Usage)
export const KeysScreen = guarded('Keys', 'key:read', Keys)
export const TeamsScreen = guarded('Teams', 'team:read', Teams)
export const BudgetsScreen = guarded('Budgets', 'budget:read', Budgets)
export const ModelsScreen = guarded('Models', 'model:read', Models)
export const RoutingScreen = guarded('Routing', 'model:read', Routing)
export const PlaygroundScreen = guarded('Playground', 'gateway:call', Playground)
