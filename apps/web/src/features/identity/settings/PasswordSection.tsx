import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../../api/client.ts'
import { keys } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { useSubmission } from '../../../api/use-action.ts'
import { Button, Notice, PasswordField, useToast } from '../../../ui/index.ts'
import { PanelSection } from '../../settings/Panel.tsx'
import { NewPasswordField } from '../NewPasswordField.tsx'

export function PasswordSection() {
  const { person } = useSession()
  const client = useQueryClient()
  const toast = useToast()
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const submission = useSubmission(['currentPassword', 'newPassword'], async (idempotencyKey) => {
    await call('changePassword', { body: { currentPassword, newPassword } }, { idempotencyKey })
    setCurrent('')
    setNew('')
    await client.invalidateQueries({ queryKey: keys.sessions })
    toast({ message: 'Password changed. Other sessions have ended.', tone: 'ok' })
  })
  return (
    <PanelSection title="Password">
      <form {...submission.formProps} className="flex max-w-90 flex-col gap-4">
        {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
        {/* Tells password managers whose password it is. */}
        <input type="email" name="email" autoComplete="username" value={person.email} readOnly hidden />
        <PasswordField
          label="Current password"
          autoComplete="current-password"
          required
          value={currentPassword}
          error={submission.problemOf('currentPassword')}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <NewPasswordField
          label="New password"
          value={newPassword}
          onValue={setNew}
          error={submission.problemOf('newPassword')}
        />
        <Button type="submit" busy={submission.busy} className="self-start">
          Change password
        </Button>
      </form>
    </PanelSection>
  )
}
