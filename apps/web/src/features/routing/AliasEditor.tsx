import type { Alias } from '@atrium/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { ApiError } from '../../api/error.ts'
import { keys, queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useSubmission } from '../../api/use-action.ts'
import { paths } from '../../paths.ts'
import { AppLink, useGo } from '../../routes/links.tsx'
import { Button, ErrorState, Notice, SkeletonRows, TextField } from '../../ui/index.ts'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { routingQueries } from './routing-queries.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { ButtonLink } from './ButtonLink.tsx'
import { LimitsEditor } from './LimitsEditor.tsx'
import { PlanEditor } from './PlanEditor.tsx'
import { type PolicyFields, policyOf } from './policy-form.ts'
import { policyProblems } from './policy-problems.ts'
import { RoutingPreview } from './RoutingPreview.tsx'
import { RulesEditor } from './RulesEditor.tsx'
import type { ModelOptions } from './Targets.tsx'
import { type Draft, useDraft } from './use-draft.ts'

/** Makes an alias, or a new version of one, with a preview of what it would do beside it. */
export function AliasEditor({ alias }: { alias: Alias | null }) {
  const { data, error, refetch } = useQuery(queries.models(useSession().workspace.id, true))
  const models = data
    ?.filter((model) => !model.alias)
    .map(({ id, connectionName, enabled }) => ({
      value: id,
      label: enabled ? id : `${id} (switched off)`,
      group: connectionName,
    }))
  return (
    <ConsolePage
      title={alias ? `Change ${alias.name}` : 'New alias'}
      lead="Saving makes a new version, which all processes follow within two seconds. Earlier ones can be brought back."
      actions={<ButtonLink to={paths.routing()}>Back to routing</ButtonLink>}
    >
      {error && !models && (
        <ErrorState title="The models could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {!error && !models && <SkeletonRows rows={8} label="Reading the models" />}
      {models && <AliasForm alias={alias} models={models} />}
    </ConsolePage>
  )
}

interface AliasFormProps {
  alias: Alias | null
  models: ModelOptions
}

function AliasForm({ alias, models }: AliasFormProps) {
  const draft = useDraft(alias, models[0]?.value ?? '')
  const { fields } = draft
  const { submission, problems } = useSaving(alias, draft)
  const change = (changes: Partial<PolicyFields>) => {
    draft.change(changes)
    // Buttons change the policy, too, and tell the form nothing.
    submission.formProps.onChange()
  }
  return (
    <div className="grid gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,1fr)_21rem]">
      <form {...submission.formProps} className="flex min-w-0 flex-col gap-8">
        {draft.isResumed && <Resumed discard={draft.discard} />}
        <Names fields={fields} change={change} problemOf={submission.problemOf} />
        <PanelSection title="Plan" lead="For every call that no rule takes.">
          <PlanEditor plan={fields.plan} models={models} onPlan={(plan) => change({ plan })} />
        </PanelSection>
        <PanelSection
          title="Rules"
          lead="Asked in turn before the plan; the first whose conditions all hold counts."
        >
          <RulesEditor rules={fields.rules} models={models} onRules={(rules) => change({ rules })} />
        </PanelSection>
        <PanelSection title="Failing over, time limits, hedging">
          <LimitsEditor limits={fields.limits} onLimits={(limits) => change({ limits })} />
        </PanelSection>
        <div className="flex flex-col gap-3 border-t border-line pt-4">
          {problems}
          <TextField
            label="Why"
            hint="Stands beside the version."
            maxLength={500}
            value={fields.note}
            onChange={(event) => change({ note: event.target.value })}
          />
          <Button type="submit" variant="primary" busy={submission.busy} className="self-end">
            {alias ? 'Save as a new version' : 'Create alias'}
          </Button>
        </div>
      </form>
      <aside aria-label="Preview" className="min-w-0">
        <div className="lg:sticky lg:top-4 lg:max-h-[calc(100dvh-2rem)] lg:overflow-y-auto lg:p-1">
          <PanelSection
            title="Preview"
            lead="What this policy would do now, before it is saved. Nobody is called."
          >
            <RoutingPreview subject={{ policy: policyOf(fields) }} />
          </PanelSection>
        </div>
      </aside>
    </div>
  )
}

function Resumed({ discard }: { discard: () => void }) {
  return (
    <Notice
      tone="accent"
      title="These changes are not saved."
      action={
        <Button size="sm" onClick={discard}>
          Discard them
        </Button>
      }
    >
      They were begun before and kept.
    </Notice>
  )
}

/** Sends the fields; what is wrong with them is said in the words of the form. */
function useSaving(alias: Alias | null, { fields, seen, forget }: Draft) {
  const workspaceId = useSession().workspace.id
  const client = useQueryClient()
  const go = useGo()
  const [failure, setFailure] = useState<unknown>(null)
  const submission = useSubmission(['name', 'description'], async (idempotencyKey) => {
    setFailure(null)
    const { name, description, note } = fields
    const body = { name: name.trim(), description, note, policy: policyOf(fields) }
    try {
      await (alias
        ? call(
            'updateAlias',
            {
              params: { workspaceId, aliasId: alias.id },
              body: { ...body, ...(seen !== null && { version: seen }) },
            },
            { idempotencyKey },
          )
        : call('createAlias', { params: { workspaceId }, body }, { idempotencyKey }))
    } catch (error) {
      setFailure(error)
      throw error
    }
    forget()
    await client.invalidateQueries({ queryKey: routingQueries.aliases(workspaceId).queryKey })
    await client.invalidateQueries({ queryKey: keys.models(workspaceId) })
    go(paths.routing())
  })
  return { submission, problems: submission.problem !== null && <Problems failure={failure} /> }
}

function Problems({ failure }: { failure: unknown }): ReactNode {
  const isOutdated = failure instanceof ApiError && failure.code === 'PRECONDITION_FAILED'
  return (
    <Notice tone="danger" title="It was not saved.">
      <ul>
        {policyProblems(failure).map((problem) => (
          <li key={problem} className="break-words">
            {problem}
          </li>
        ))}
      </ul>
      {isOutdated && (
        <AppLink to={paths.routing()} className="underline">
          Back to routing, to see its versions
        </AppLink>
      )}
    </Notice>
  )
}

interface NamesProps {
  fields: PolicyFields
  change: (changes: Partial<PolicyFields>) => void
  problemOf: (field: string) => string | null
}

function Names({ fields, change, problemOf }: NamesProps) {
  return (
    <div className="grid items-start gap-3 sm:grid-cols-2">
      <TextField
        label="Name"
        hint="What callers give as the model, such as fast or team/smart"
        required
        mono
        maxLength={100}
        value={fields.name}
        error={problemOf('name')}
        onChange={(event) => change({ name: event.target.value })}
      />
      <TextField
        label="Description"
        maxLength={500}
        value={fields.description}
        error={problemOf('description')}
        onChange={(event) => change({ description: event.target.value })}
      />
    </div>
  )
}
