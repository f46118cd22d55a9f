import { type InvalidEvent, type ReactNode, useId, useState } from 'react'
import { Icon } from './Icon.tsx'
import { validityText } from './validity.ts'

export interface FieldOptions {
  label: ReactNode
  /** The label is there for screen readers only. */
  hideLabel?: boolean
  hint?: ReactNode
  /** What is wrong with the value; also marks the control as invalid. */
  error?: string | null | undefined
}

export interface ControlProps {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
  onInvalid: (event: InvalidEvent<Control>) => void
  onInput: () => void
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/** The look of a text control. */
export const controlClass =
  'w-full rounded-6 border border-line-strong bg-raised px-2.5 text-14 text-ink transition-colors hover:border-muted ' +
  'focus:border-accent focus:outline-1 focus:outline-accent focus:outline-offset-0 disabled:opacity-60 ' +
  'aria-invalid:border-danger pointer-coarse:text-16 pointer-coarse:min-h-11'

interface FieldProps extends FieldOptions {
  id?: string | undefined
  /** Beside the label, at the right end. */
  aside?: ReactNode
  className?: string | undefined
  children: (control: ControlProps) => ReactNode
}

/**
 * Label, control, hint and error, tied together for screen readers. What the browser finds wrong when the form is sent
 * is said here, in the form's own look, and no longer once the value changes.
 */
export function Field({
  label,
  hideLabel,
  hint,
  error: given,
  id,
  aside,
  className = '',
  children,
}: FieldProps) {
  const [found, setFound] = useState<string | null>(null)
  const error = found ?? given
  const own = useId()
  const controlId = id ?? own
  const noteId = `${controlId}-note`
  const note = error ?? hint
  return (
    <div className={`flex min-w-0 flex-col gap-1.5 ${className}`}>
      <div className={hideLabel ? 'sr-only' : 'flex items-baseline justify-between gap-2'}>
        <label htmlFor={controlId} className="text-13 font-medium">
          {label}
        </label>
        {aside}
      </div>
      {children({
        id: controlId,
        'aria-describedby': note ? noteId : undefined,
        'aria-invalid': error ? true : undefined,
        onInvalid: (event) => {
          const control = event.currentTarget
          event.preventDefault()
          setFound(validityText(control))
          if (control.form?.querySelector(':is(input, textarea, select):invalid') === control) control.focus()
        },
        onInput: () => setFound(null),
      })}
      {note && (
        <p id={noteId} className={`flex gap-1 text-13 ${error ? 'text-danger' : 'text-muted'}`}>
          {error && <Icon name="alert" size={14} className="mt-0.5" />}
          <span className="min-w-0">{note}</span>
        </p>
      )}
    </div>
  )
}
