import { Button, IconButton, Notice, TextField } from '../../ui/index.ts'
import { Metadata } from './Metadata.tsx'
import { Picker } from './Picker.tsx'
import { PlanEditor } from './PlanEditor.tsx'
import { holdsAlways, nextKey, type RuleFields, ruleFields } from './policy-form.ts'
import type { ModelOptions } from './Targets.tsx'
import { type Choices, useChoices } from './use-choices.ts'

interface RulesEditorProps {
  rules: RuleFields[]
  models: ModelOptions
  onRules: (rules: RuleFields[]) => void
}

const mostRules = 20

/** Plans for some calls: asked in turn, the first whose conditions hold counts. */
export function RulesEditor({ rules, models, onRules }: RulesEditorProps) {
  const choices = useChoices()
  const add = () => onRules([...rules, ruleFields(nextKey(rules), rules.length + 1, models[0]?.value ?? '')])
  const swap = (first: number) => {
    const [earlier, later] = [rules[first], rules[first + 1]]
    if (earlier && later) onRules(rules.with(first, later).with(first + 1, earlier))
  }
  return (
    <div className="flex flex-col gap-4">
      {rules.map((rule, index) => (
        <Rule
          key={rule.key}
          place={index + 1}
          rule={rule}
          isLast={index === rules.length - 1}
          models={models}
          choices={choices}
          change={(changes) =>
            onRules(rules.map((other) => (other.key === rule.key ? { ...other, ...changes } : other)))
          }
          remove={() => onRules(rules.filter(({ key }) => key !== rule.key))}
          up={() => swap(index - 1)}
          down={() => swap(index)}
        />
      ))}
      <div>
        <Button size="sm" icon="plus" disabled={rules.length >= mostRules} onClick={add}>
          Add a rule
        </Button>
      </div>
    </div>
  )
}

interface RuleProps {
  place: number
  rule: RuleFields
  isLast: boolean
  models: ModelOptions
  choices: Choices
  change: (changes: Partial<RuleFields>) => void
  remove: () => void
  up: () => void
  down: () => void
}

function Rule({ place, rule, isLast, models, choices, change, remove, up, down }: RuleProps) {
  return (
    <fieldset className="flex flex-col gap-4 rounded-6 border border-line-strong/60 p-3">
      <legend className="sr-only">{`Rule ${place}, ${rule.name}`}</legend>
      <div className="flex items-end gap-1">
        <TextField
          label={`Rule ${place}`}
          className="mr-1 flex-1"
          required
          maxLength={60}
          value={rule.name}
          onChange={(event) => change({ name: event.target.value })}
        />
        <IconButton icon="arrowUp" label={`Ask rule ${place} earlier`} disabled={place === 1} onClick={up} />
        <IconButton icon="arrowDown" label={`Ask rule ${place} later`} disabled={isLast} onClick={down} />
        <IconButton icon="trash" label={`Remove rule ${place}`} onClick={remove} />
      </div>
      <Conditions rule={rule} choices={choices} change={change} />
      {holdsAlways(rule) && (
        <Notice tone="warn">
          It has no condition, so it holds for every call. Nothing after it is asked.
        </Notice>
      )}
      <PlanEditor plan={rule.plan} models={models} onPlan={(plan) => change({ plan })} />
    </fieldset>
  )
}

function Conditions({ rule, choices, change }: Pick<RuleProps, 'rule' | 'choices' | 'change'>) {
  const { metadata, personIds, teamIds, keyIds } = rule
  return (
    <>
      <Metadata
        label="When the metadata of the call says"
        hint="Programs send it as X-Atrium-Metadata. Of several values of one name one is enough; all names must fit."
        lines={metadata}
        onLines={(lines) => change({ metadata: lines })}
      />
      <div className="grid gap-4 sm:grid-cols-3">
        <Picker
          label="And the person is"
          addLabel="Add a person"
          choices={choices.people}
          chosen={personIds}
          onChosen={(ids) => change({ personIds: ids })}
        />
        <Picker
          label="And the team is"
          addLabel="Add a team"
          choices={choices.teams}
          chosen={teamIds}
          onChosen={(ids) => change({ teamIds: ids })}
        />
        <Picker
          label="And the key is"
          addLabel="Add a key"
          choices={choices.keys}
          chosen={keyIds}
          onChosen={(ids) => change({ keyIds: ids })}
        />
      </div>
    </>
  )
}
