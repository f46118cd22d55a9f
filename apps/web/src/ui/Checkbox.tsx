import type { ReactNode } from 'react'
import { Icon } from './Icon.tsx'

interface CheckboxProps {
  label: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
  hint?: ReactNode
  hideLabel?: boolean
}

export function Checkbox({ label, checked, onChange, disabled, hint, hideLabel }: CheckboxProps) {
  return (
    <label className="flex min-h-6 cursor-pointer items-start gap-2 has-disabled:cursor-default has-disabled:opacity-60 pointer-coarse:min-h-11">
      <span className="relative mt-0.5 inline-flex">
        <input
          type="checkbox"
          checked={checked}
          disabled={disabled}
          onChange={(event) => onChange(event.target.checked)}
          className="peer size-4 cursor-pointer appearance-none rounded-4 border border-line-strong bg-raised transition-colors checked:border-accent checked:bg-accent"
        />
        <Icon
          name="check"
          size={12}
          className="pointer-events-none absolute inset-0 m-auto text-accent-ink opacity-0 peer-checked:opacity-100"
        />
      </span>
      <span className={hideLabel ? 'sr-only' : 'flex min-w-0 flex-col'}>
        <span>{label}</span>
        {hint && <span className="text-13 text-muted">{hint}</span>}
      </span>
    </label>
  )
}
