import type { ComponentProps } from 'react'
import { cx } from './class-names.ts'
import { controlClass, Field, type FieldOptions } from './Field.tsx'

export interface TextAreaProps extends ComponentProps<'textarea'>, FieldOptions {
  /** Shows how much of `maxLength` is used once it is nearly full. */
  countFrom?: number
  mono?: boolean
}

/** A text of several lines that grows with what is written. */
export function TextArea(props: TextAreaProps) {
  const { label, hideLabel, hint, error, id, className, countFrom = 0.8, mono, ...area } = props
  const length = typeof area.value === 'string' ? area.value.length : 0
  const near = area.maxLength !== undefined && length >= area.maxLength * countFrom
  const count = near && (
    <span className="text-12 text-muted tabular-nums">
      {length} / {area.maxLength}
    </span>
  )
  return (
    <Field {...{ label, hint, error, id, className }} hideLabel={hideLabel ?? false} aside={count}>
      {(control) => (
        <textarea
          rows={4}
          {...area}
          {...control}
          className={cx(
            controlClass,
            'field-sizing-content max-h-96 min-h-20 resize-y py-1.5',
            mono && 'font-mono text-13',
          )}
        />
      )}
    </Field>
  )
}
