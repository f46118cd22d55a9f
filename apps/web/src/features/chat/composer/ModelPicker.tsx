import type { Model } from '@atrium/contract'
import { type KeyboardEvent, useMemo, useState } from 'react'
import { cx, Icon, Popover } from '../../../ui/index.ts'
import { dollars, shortCount } from '../data/format.ts'
import { fullModelName, modelDetails } from '../data/model-names.ts'

interface ModelPickerProps {
  models: readonly Model[]
  /** Id of the chosen model. */
  value: string
  onChange: (modelId: string) => void
}

const FILTER_ABOVE = 6

/** The model that answers next. */
export function ModelPicker({ models, value, onChange }: ModelPickerProps) {
  const chosen = models.find(({ id }) => id === value)
  const details = useMemo(() => modelDetails(models), [models])
  return (
    <Popover
      label="Model"
      side="above"
      className="w-80 p-1"
      // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
      trigger={(props) => (
        <button
          {...props}
          type="button"
          className="touch-target flex h-8 max-w-56 min-w-0 items-center gap-1 rounded-6 px-2 text-13 text-muted hover:bg-hover hover:text-ink max-sm:max-w-36"
        >
          <span className="sr-only">Model: </span>
          <span className="min-w-0 truncate">
            {chosen ? fullModelName(chosen, details) : value || 'Choose a model'}
          </span>
          <Icon name="chevronDown" size={12} />
        </button>
      )}
    >
      {(close) => (
        <ModelOptions
          models={models}
          value={value}
          onChange={(id) => {
            close()
            onChange(id)
          }}
        />
      )}
    </Popover>
  )
}

/** A list of models with a filter when it is long. */
function ModelOptions({ models, value, onChange }: ModelPickerProps) {
  const [query, setQuery] = useState('')
  const found = useMemo(() => {
    const wanted = query.toLowerCase()
    return models.filter((model) => searched(model).toLowerCase().includes(wanted))
  }, [models, query])
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- arrow keys move between the controls inside
    <div onKeyDown={moveFocus}>
      {models.length > FILTER_ABOVE && (
        <input
          data-autofocus
          aria-label="Filter models"
          placeholder="Filter models"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          className="mb-1 h-8 w-full rounded-6 border border-line bg-paper px-2 outline-none focus:border-accent"
        />
      )}
      {found.map((model) => (
        <ModelOption
          key={model.id}
          model={model}
          chosen={model.id === value}
          onChoose={() => onChange(model.id)}
        />
      ))}
      {found.length === 0 && <p className="px-2 py-1.5 text-13 text-muted">No model matches.</p>}
    </div>
  )
}

const searched = ({ id, name, connectionName }: Model): string => `${id} ${name} ${connectionName}`

function ModelOption({ model, chosen, onChoose }: { model: Model; chosen: boolean; onChoose: () => void }) {
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      className="touch-target flex w-full items-center gap-2 rounded-6 px-2 py-1.5 text-left outline-none hover:bg-hover focus:bg-hover"
    >
      <span className="min-w-0 flex-1">
        <span className="block truncate">{model.name}</span>
        <span className="block truncate text-12 text-muted">{describe(model)}</span>
      </span>
      <Icon name="check" size={14} className={cx(chosen ? 'text-accent' : 'invisible')} />
    </button>
  )
}

function describe(model: Model): string {
  if (model.label) return model.label
  const context = model.contextTokens ? `${shortCount(model.contextTokens)} context` : null
  return [model.connectionName, context, priceOf(model)].filter(Boolean).join(' · ')
}

function priceOf({ price }: Model): string {
  if (!price) return 'price unknown'
  const { inputNanoUsd, outputNanoUsd } = price
  if (inputNanoUsd === '0' && outputNanoUsd === '0') return 'no cost'
  return `${dollars(inputNanoUsd)} in, ${dollars(outputNanoUsd)} out per million`
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const controls = [...event.currentTarget.querySelectorAll<HTMLElement>('input, button')]
  const at = controls.findIndex((control) => control === document.activeElement)
  const next = controls[(at + (event.key === 'ArrowDown' ? 1 : -1) + controls.length) % controls.length]
  event.preventDefault()
  next?.focus()
}
