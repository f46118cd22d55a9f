import type { Member, Role } from '@atrium/contract'
import { formatDay } from '../../../format.ts'
import { Avatar, Badge, type Column, IconButton, Select } from '../../../ui/index.ts'
import { roleOptions } from './role-text.ts'

interface MemberOptions {
  manages: boolean
  ownId: string
  ownRole: Role
  /** The change under way, drawn as if it had been made. */
  pending: { personId: string; role: Role } | undefined
  setRole: (personId: string, role: Role) => void
  remove: (member: Member) => void
}

export function memberColumns(options: MemberOptions): Column<Member>[] {
  const { manages, ownId, ownRole, pending, setRole, remove } = options
  const mayChange = (member: Member) => manages && (ownRole === 'owner' || member.role !== 'owner')
  const columns: Column<Member>[] = [
    {
      id: 'name',
      header: 'Name',
      isTitle: true,
      className: '@xl:w-full',
      cell: (member) => <MemberName member={member} own={member.personId === ownId} />,
    },
    {
      id: 'role',
      header: 'Role',
      cell: (member) =>
        mayChange(member) ? (
          <Select
            label={`Role of ${member.name}`}
            hideLabel
            className="w-28"
            options={roleOptions.filter(({ value }) => ownRole === 'owner' || value !== 'owner')}
            value={pending?.personId === member.personId ? pending.role : member.role}
            onValue={(role) => setRole(member.personId, role)}
          />
        ) : (
          member.role
        ),
    },
    {
      id: 'joined',
      header: 'Joined',
      className: 'whitespace-nowrap',
      cell: ({ joinedAt }) => formatDay(joinedAt),
    },
  ]
  if (!manages) return columns
  const removal: Column<Member> = {
    id: 'remove',
    header: 'Remove',
    hideHeader: true,
    align: 'end',
    cell: (member) =>
      mayChange(member) && (
        <IconButton
          icon={member.personId === ownId ? 'signOut' : 'trash'}
          label={member.personId === ownId ? 'Leave the workspace' : `Remove ${member.name}`}
          onClick={() => remove(member)}
        />
      ),
  }
  return [...columns, removal]
}

function MemberName({ member, own }: { member: Member; own: boolean }) {
  return (
    <div className="flex min-w-0 items-center gap-2.5">
      <Avatar name={member.name} size={28} />
      <div className="min-w-0">
        <p className="flex items-center gap-1.5">
          <span className="font-medium break-words">{member.name}</span>
          {own && <Badge>you</Badge>}
        </p>
        <p className="font-normal break-all text-muted">{member.email}</p>
      </div>
    </div>
  )
}
