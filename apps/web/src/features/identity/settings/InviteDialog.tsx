import type { Role } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, type Reply } from '../../../api/client.ts'
import { keys } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { useSubmission } from '../../../api/use-action.ts'
import { Button, Dialog, Notice, Select, TextField } from '../../../ui/index.ts'
import { roleOptions } from './role-text.ts'
import { SecretField } from './SecretField.tsx'

export function InviteDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Invite a colleague">
      <InviteForm onClose={onClose} />
    </Dialog>
  )
}

function InviteForm({ onClose }: { onClose: () => void }) {
  const { workspace } = useSession()
  const client = useQueryClient()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('member')
  const [created, setCreated] = useState<Reply<'createInvitation'> | null>(null)
  const submission = useSubmission(['email', 'role'], async (idempotencyKey) => {
    const params = { workspaceId: workspace.id }
    setCreated(await call('createInvitation', { params, body: { email, role } }, { idempotencyKey }))
    await client.invalidateQueries({ queryKey: keys.invitations(workspace.id) })
  })
  if (created) return <InvitationLink invitation={created} onClose={onClose} />
  const roles = roleOptions.filter(({ value }) => workspace.role === 'owner' || value !== 'owner')
  return (
    <form {...submission.formProps} className="flex flex-col gap-4">
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
      <TextField
        label="E-mail"
        type="email"
        required
        autoComplete="off"
        data-autofocus
        value={email}
        error={submission.problemOf('email')}
        onChange={(event) => setEmail(event.target.value)}
      />
      <Select
        label="Role"
        options={roles}
        hint={roles.find(({ value }) => value === role)?.hint}
        value={role}
        error={submission.problemOf('role')}
        onValue={setRole}
      />
      <Button type="submit" variant="primary" busy={submission.busy} className="self-end">
        Invite
      </Button>
    </form>
  )
}

interface InvitationLinkProps {
  invitation: Reply<'createInvitation'>
  onClose: () => void
}

function InvitationLink({ invitation, onClose }: InvitationLinkProps) {
  const { bootstrap, person } = useSession()
  return (
    <div className="flex flex-col gap-4">
      <p>
        {bootstrap.mailConfigured
          ? `An e-mail is on its way to ${invitation.email}. You can also send the link yourself.`
          : `No mail server is set up yet, so send the link to ${invitation.email} yourself.`}
      </p>
      <SecretField label="Invitation link" value={invitation.link} />
      {isOnlyHere(invitation.link) && (
        <Notice tone="warn" title="It opens on this computer only">
          {`Its address, ${new URL(invitation.link).origin}, is this computer itself. Before you send links, set ATRIUM_PUBLIC_URL to an address that colleagues can open, and start Atrium again.`}
        </Notice>
      )}
      <p className="text-13 text-muted">
        {`It works once, and only for that address. It is not shown here again${keptText(bootstrap.mailConfigured, person.isOperator)}`}
      </p>
      <Button variant="primary" className="self-end" onClick={onClose}>
        Done
      </Button>
    </div>
  )
}

/** Where else the link is: mails that were not sent keep theirs. */
function keptText(mailConfigured: boolean, isOperator: boolean): string {
  if (mailConfigured) return '.'
  return isOperator
    ? '; until it is used or runs out you find it in Mail outbox.'
    : '; who runs this installation finds it in the mail outbox.'
}

/** Whether an address names the computer itself, whoever opens it (RFC 6761, section 6.3; RFC 6890). */
const isOnlyHere = (address: string): boolean =>
  /^(localhost|.+\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])$/.test(new URL(address).hostname)
