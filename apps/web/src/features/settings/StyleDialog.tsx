import type { Style } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { Button, Dialog, Notice, TextArea, TextField } from '../../ui/index.ts'

interface StyleDialogProps {
  /** `'new'`, the style to change, or null when closed. */
  target: Style | 'new' | null
  onClose: () => void
}

export function StyleDialog({ target, onClose }: StyleDialogProps) {
  const style = target === 'new' ? null : target
  return (
    <Dialog open={target !== null} onClose={onClose} title={style ? `Change ${style.name}` : 'New style'}>
      <StyleForm style={style} onSaved={onClose} />
    </Dialog>
  )
}

function StyleForm({ style, onSaved }: { style: Style | null; onSaved: () => void }) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const [name, setName] = useState(style?.name ?? '')
  const [instructions, setInstructions] = useState(style?.instructions ?? '')
  const submission = useSubmission(['name', 'instructions'], async (idempotencyKey) => {
    const body = { name: name.trim(), instructions }
    if (style) {
      await call('updateStyle', { params: { workspaceId, styleId: style.id }, body }, { idempotencyKey })
    } else await call('createStyle', { params: { workspaceId }, body }, { idempotencyKey })
    await client.invalidateQueries({ queryKey: keys.styles(workspaceId) })
    onSaved()
  })
  return (
    <form {...submission.formProps} className="flex flex-col gap-4">
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
      <TextField
        label="Name"
        required
        maxLength={60}
        data-autofocus
        value={name}
        error={submission.problemOf('name')}
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        label="Instructions"
        required
        maxLength={8000}
        rows={6}
        placeholder="Answer in short paragraphs. Give an example before the rule."
        value={instructions}
        error={submission.problemOf('instructions')}
        onChange={(event) => setInstructions(event.target.value)}
      />
      <div className="form-actions">
        <Button type="submit" variant="primary" busy={submission.busy}>
          {style ? 'Save' : 'Create style'}
        </Button>
      </div>
    </form>
  )
}
