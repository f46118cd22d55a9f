import { type FormEvent, useState } from 'react'
import type { Action } from '../../api/use-action.ts'
import { Button, Dialog, ErrorState, TextField } from '../../ui/index.ts'

interface AddModelDialogProps {
  open: boolean
  onClose: () => void
  add: Action<{ upstreamId: string; name?: string }, unknown>
}

/** Adds a model that the provider does not list. */
export function AddModelDialog({ open, onClose, add }: AddModelDialogProps) {
  const [upstreamId, setUpstreamId] = useState('')
  const [name, setName] = useState('')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const done = await add.run({
      upstreamId: upstreamId.trim(),
      ...(name.trim() ? { name: name.trim() } : {}),
    })
    if (done !== null) onClose()
  }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      size="sm"
      title="Add a model"
      description="For models that the provider serves but does not list."
    >
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        {add.error && <ErrorState error={add.error} />}
        <TextField
          label="Id at the provider"
          mono
          required
          maxLength={200}
          data-autofocus
          value={upstreamId}
          onChange={(event) => setUpstreamId(event.target.value)}
        />
        <TextField
          label="Name"
          maxLength={100}
          placeholder="The id, unless you choose another"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" variant="primary" busy={add.busy} className="self-end">
          Add model
        </Button>
      </form>
    </Dialog>
  )
}
