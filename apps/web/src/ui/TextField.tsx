import type { ComponentProps, ReactNode } from 'react'
import { cx } from './class-names.ts'
import { controlClass, Field, type FieldOptions } from './Field.tsx'

export interface TextFieldProps extends Omit<ComponentProps<'input'>, 'children'>, FieldOptions {
  /** Inside the control, at its right end. */
  trailing?: ReactNode
  aside?: ReactNode
  mono?: boolean
}

export function TextField(props: TextFieldProps) {
  const { label, hideLabel, hint, error, id, aside, trailing, mono, className, ...input } = props
  return (
    <Field {...{ label, hint, error, id, aside, className }} hideLabel={hideLabel ?? false}>
      {(control) => (
        <div className="relative">
          <input
            type="text"
            {...input}
            {...control}
            className={cx(controlClass, 'h-8', trailing != null && 'pr-9', mono && 'font-mono text-13')}
          />
          {trailing && <div className="absolute inset-y-0 right-0.5 flex items-center">{trailing}</div>}
        </div>
      )}
    </Field>
  )
}
