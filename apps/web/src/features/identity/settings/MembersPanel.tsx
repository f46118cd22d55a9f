import type { Member, Role } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../../api/client.ts'
import { Loaded } from '../../../api/Loaded.tsx'
import { keys, queries } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { useAction } from '../../../api/use-action.ts'
import { Button, ConfirmDialog, EmptyState, ErrorState, Table } from '../../../ui/index.ts'
import { Panel, PanelSection } from '../../settings/Panel.tsx'
import { Invitations } from './Invitations.tsx'
import { InviteDialog } from './InviteDialog.tsx'
import { memberColumns } from './member-columns.tsx'

export function MembersPanel() {
  const { workspace, can } = useSession()
  const [inviting, setInviting] = useState(false)
  const manages = can('member:manage')
  return (
    <Panel title="Members" lead={`Who works in ${workspace.name}, and what they can do.`}>
      <PanelSection
        title="People"
        action={
          manages && (
            <Button icon="plus" size="sm" onClick={() => setInviting(true)}>
              Invite
            </Button>
          )
        }
      >
        <MemberTable manages={manages} />
      </PanelSection>
      {manages && <Invitations />}
      <InviteDialog open={inviting} onClose={() => setInviting(false)} />
    </Panel>
  )
}

function MemberTable({ manages }: { manages: boolean }) {
  const { workspace, person, refresh } = useSession()
  const workspaceId = workspace.id
  const client = useQueryClient()
  const query = useInfiniteQuery(queries.members(workspaceId))
  const [leaving, setLeaving] = useState<Member | null>(null)
  const change = useAction(
    ({ personId, role }: { personId: string; role: Role }) =>
      call('updateMember', { params: { workspaceId, personId }, body: { role } }),
    [keys.members(workspaceId), keys.bootstrap],
  )
  const remove = async ({ personId }: Member) => {
    await call('removeMember', { params: { workspaceId, personId } })
    await client.invalidateQueries({ queryKey: keys.members(workspaceId) })
    if (personId === person.id) await refresh()
  }
  const columns = memberColumns({
    manages,
    ownId: person.id,
    ownRole: workspace.role,
    pending: change.input,
    setRole: (personId, role) => void change.run({ personId, role }),
    remove: setLeaving,
  })
  return (
    <>
      {change.error && <ErrorState error={change.error} />}
      <Loaded query={query} what="members" empty={<EmptyState icon="people" title="Nobody is here" />}>
        {(members) => (
          <Table caption="Members" columns={columns} rows={members} rowKey={({ personId }) => personId} />
        )}
      </Loaded>
      <ConfirmDialog
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        title={
          leaving?.personId === person.id
            ? `Leave ${workspace.name}?`
            : `Remove ${leaving?.name ?? 'member'}?`
        }
        confirmLabel={leaving?.personId === person.id ? 'Leave' : 'Remove'}
        danger
        onConfirm={() => (leaving ? remove(leaving) : undefined)}
      >
        Their access ends at once: answers that are being written stop, and their API keys no longer work
        here.
      </ConfirmDialog>
    </>
  )
}
