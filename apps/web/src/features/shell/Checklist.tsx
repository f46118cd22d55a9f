import { Icon, IconButton } from '../../ui/index.ts'
import { type ChecklistStep, useChecklist } from './use-checklist.ts'
import { useOpenSettings } from './use-settings.ts'

/** The first steps of an owner, until they are done or hidden. */
export function Checklist() {
  const checklist = useChecklist()
  const openSettings = useOpenSettings()
  if (!checklist) return null
  const { steps, hide } = checklist
  const done = steps.filter((step) => step.done).length
  return (
    <section aria-label="First steps" className="border-t border-line px-2 py-2">
      <div className="flex items-center justify-between pl-2">
        <h2 className="text-13 font-medium">
          First steps{' '}
          <span className="font-normal text-muted tabular-nums">{`${done} of ${steps.length}`}</span>
        </h2>
        <IconButton icon="close" label="Hide first steps" size="sm" onClick={hide} />
      </div>
      <ul>
        {steps.map((step) => (
          <ChecklistItem key={step.title} step={step} open={() => openSettings(step.section)} />
        ))}
      </ul>
    </section>
  )
}

function ChecklistItem({ step, open }: { step: ChecklistStep; open: () => void }) {
  return (
    <li>
      <button
        type="button"
        onClick={open}
        className="touch-target flex h-7 w-full items-center gap-2.5 rounded-6 px-2 text-left text-13 hover:bg-hover"
      >
        <span
          className={`inline-flex size-3.5 items-center justify-center rounded-full border ${step.done ? 'border-accent text-accent' : 'border-line-strong'}`}
        >
          {step.done && <Icon name="check" size={10} />}
        </span>
        <span className={step.done ? 'text-muted line-through' : ''}>{step.title}</span>
        {step.done && <span className="sr-only">, done</span>}
      </button>
    </li>
  )
}
