/* oxlint-disable jsx-a11y/role-has-required-aria-props --
   The state of a native checkbox is known without an attribute. */
import type { ReactNode } from 'react'

interface SwitchProps {
  label: string
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
  hint?: ReactNode
  /** The label is there for screen readers only. */
  hideLabel?: boolean
}

/** Something that is on or off and takes effect at once. */
export function Switch({ label, checked, onChange, disabled, hint, hideLabel }: SwitchProps) {
  return (
    <label className="flex cursor-pointer items-start justify-between gap-4 has-disabled:cursor-default has-disabled:opacity-60">
      <span className={hideLabel ? 'sr-only' : 'flex min-w-0 flex-col gap-0.5'}>
        <span className="text-14 font-medium">{label}</span>
        {hint && <span className="text-13 text-muted">{hint}</span>}
      </span>
      <span className="relative inline-flex min-h-6 shrink-0 items-center pointer-coarse:min-h-11">
        <input
          type="checkbox"
          role="switch"
          aria-label={hideLabel ? label : undefined}
          checked={checked}
          disabled={disabled}
          onChange={(event) => onChange(event.target.checked)}
          className="peer h-4.5 w-8 cursor-pointer appearance-none rounded-full border border-line-strong bg-sunken transition-colors checked:border-accent checked:bg-accent disabled:cursor-default"
        />
        <span className="pointer-events-none absolute left-0.75 size-3 rounded-full bg-muted transition-transform duration-90 peer-checked:translate-x-3.5 peer-checked:bg-accent-ink" />
      </span>
    </label>
  )
}
