import type { Permission, Role } from '@atrium/contract'
import type { ComponentType } from 'react'
import { useSession } from '../../api/session.tsx'
import { EmptyState } from '../../ui/index.ts'
import { ConsolePage } from './ConsolePage.tsx'

const roleNames: Readonly<Record<Role, string>> = {
  owner: 'an owner',
  admin: 'an admin',
  member: 'a member',
  viewer: 'a viewer',
}

/** A screen for whom it is for; others that come to its address are told so, and nothing is asked of the server. */
export function guarded<P extends object>(
  title: string,
  needs: Permission,
  Screen: ComponentType<P>,
): ComponentType<P> {
  return function Guarded(props: P) {
    const { workspace, can } = useSession()
    if (can(needs)) return <Screen {...props} />
    return (
      <ConsolePage title={title}>
        <EmptyState icon="lock" title="This is not part of your role">
          {`You are ${roleNames[workspace.role]} of ${workspace.name}. If you need it, an owner or an admin can give you another role.`}
        </EmptyState>
      </ConsolePage>
    )
  }
}
