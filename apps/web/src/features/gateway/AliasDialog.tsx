import type { Alias } from '@atrium/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { keys, queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { Button, Dialog, IconButton, Notice, Select, SkeletonRows, TextField } from '../../ui/index.ts'
import { consoleQueries } from '../keys/console-queries.ts'
import { type PolicyFields, policyFieldsOf, policyOf, strategies, type TargetFields } from './policy-form.ts'

/** Makes an alias, or a new version of one. */
export function AliasDialog({ alias, onClose }: { alias: Alias | null; onClose: () => void }) {
  const { data } = useQuery(queries.models(useSession().workspace.id, true))
  const models = data?.filter((model) => !model.alias).map(({ id }) => id)
  return (
    <Dialog open onClose={onClose} title={alias ? `Change ${alias.name}` : 'New alias'} size="lg">
      {models ? (
        <AliasForm alias={alias} models={models} onSaved={onClose} />
      ) : (
        <SkeletonRows label="Reading the models" />
      )}
    </Dialog>
  )
}

interface AliasFormProps {
  alias: Alias | null
  models: readonly string[]
  onSaved: () => void
}

function AliasForm({ alias, models, onSaved }: AliasFormProps) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const [fields, setFields] = useState<PolicyFields>(() => policyFieldsOf(alias, models[0] ?? ''))
  const change = (changes: Partial<PolicyFields>) => setFields((now) => ({ ...now, ...changes }))
  const submission = useSubmission(['name', 'description'], async (idempotencyKey) => {
    const { name, description } = fields
    const body = { name: name.trim(), description, policy: policyOf(fields, alias?.policy ?? null) }
    await (alias
      ? call(
          'updateAlias',
          { params: { workspaceId, aliasId: alias.id }, body: { ...body, version: alias.version } },
          { idempotencyKey },
        )
      : call('createAlias', { params: { workspaceId }, body }, { idempotencyKey }))
    await client.invalidateQueries({ queryKey: consoleQueries.aliases(workspaceId).queryKey })
    await client.invalidateQueries({ queryKey: keys.models(workspaceId) })
    onSaved()
  })
  return (
    <form {...submission.formProps} className="flex flex-col gap-4">
      {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField
          label="Name"
          hint="What callers give as the model, such as fast or team/smart"
          required
          mono
          maxLength={100}
          data-autofocus
          value={fields.name}
          error={submission.problemOf('name')}
          onChange={(event) => change({ name: event.target.value })}
        />
        <TextField
          label="Description"
          maxLength={500}
          value={fields.description}
          error={submission.problemOf('description')}
          onChange={(event) => change({ description: event.target.value })}
        />
      </div>
      <Select
        label="Strategy"
        options={strategies}
        value={fields.strategy}
        onValue={(strategy) => change({ strategy })}
      />
      <Targets targets={fields.targets} models={models} onTargets={(targets) => change({ targets })} />
      <Button type="submit" variant="primary" busy={submission.busy} className="self-end">
        {alias ? 'Save as a new version' : 'Create alias'}
      </Button>
    </form>
  )
}

interface TargetsProps {
  targets: TargetFields[]
  models: readonly string[]
  onTargets: (targets: TargetFields[]) => void
}

function Targets({ targets, models, onTargets }: TargetsProps) {
  const set = (key: number, changes: Partial<TargetFields>) =>
    onTargets(targets.map((target) => (target.key === key ? { ...target, ...changes } : target)))
  const add = () =>
    onTargets([
      ...targets,
      {
        key: Math.max(0, ...targets.map(({ key }) => key)) + 1,
        model: models.find((id) => !targets.some(({ model }) => model === id)) ?? models[0] ?? '',
        weight: '1',
        priority: String(Math.min(100, targets.length + 1)),
      },
    ])
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-13 font-medium">Models, the lowest priority first</legend>
      {targets.map((target, index) => (
        <div key={target.key} className="grid grid-cols-[minmax(0,1fr)_5rem_5rem_2rem] items-end gap-2">
          <Select
            label={`Model ${index + 1}`}
            hideLabel={index > 0}
            options={[...new Set([...models, target.model])].map((id) => ({ value: id, label: id }))}
            value={target.model}
            onValue={(model) => set(target.key, { model })}
          />
          {(['priority', 'weight'] as const).map((name) => (
            <TextField
              key={name}
              label={name === 'priority' ? 'Priority' : 'Weight'}
              hideLabel={index > 0}
              type="number"
              required
              min={name === 'priority' ? 1 : 0}
              max={name === 'priority' ? 100 : 1000}
              step={name === 'priority' ? 1 : 'any'}
              value={target[name]}
              onChange={(event) => set(target.key, { [name]: event.target.value })}
            />
          ))}
          <IconButton
            icon="trash"
            label={`Remove model ${index + 1}`}
            disabled={targets.length === 1}
            onClick={() => onTargets(targets.filter(({ key }) => key !== target.key))}
          />
        </div>
      ))}
      <div>
        <Button size="sm" icon="plus" onClick={add}>
          Add a model
        </Button>
      </div>
    </fieldset>
  )
}
