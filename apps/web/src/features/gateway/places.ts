import type { Permission } from '@atrium/contract'
import { paths } from '../../paths.ts'
import type { IconName } from '../../ui/index.ts'

/** A screen of the console, and what one must be allowed to see it. */
export interface ConsolePlace {
  name: string
  path: string
  needs: Permission
  icon: IconName
}

export const consolePlaces: readonly ConsolePlace[] = [
  { name: 'Insights', path: paths.insights(), needs: 'trace:read', icon: 'eye' },
  { name: 'Usage', path: paths.usage(), needs: 'usage:read', icon: 'chart' },
  { name: 'Traces', path: paths.traces(), needs: 'trace:read', icon: 'waterfall' },
  { name: 'Keys', path: paths.keys(), needs: 'key:read', icon: 'key' },
  { name: 'Teams', path: paths.teams(), needs: 'team:read', icon: 'people' },
  { name: 'Budgets', path: paths.budgets(), needs: 'budget:read', icon: 'shield' },
  { name: 'Models', path: paths.models(), needs: 'model:read', icon: 'network' },
  { name: 'Routing', path: paths.routing(), needs: 'model:read', icon: 'branch' },
  { name: 'Playground', path: paths.playground(), needs: 'gateway:call', icon: 'play' },
]
