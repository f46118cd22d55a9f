import type { ComponentProps } from 'react'
import { cx } from './class-names.ts'
import { controlClass, Field, type FieldOptions } from './Field.tsx'
import { Icon } from './Icon.tsx'

export interface SelectOption<V extends string = string> {
  value: V
  label: string
  disabled?: boolean
  /** Options with the same group stand together under its name. */
  group?: string
}

interface SelectProps<V extends string>
  extends Omit<ComponentProps<'select'>, 'value' | 'onChange'>, FieldOptions {
  options: readonly SelectOption<V>[]
  value: V
  onValue: (value: V) => void
}

/** The platform's own select: it is the best one on a phone and with a keyboard. */
export function Select<V extends string>(props: SelectProps<V>) {
  const { label, hideLabel, hint, error, id, className, options, value, onValue, ...select } = props
  const groups = Map.groupBy(options, (option) => option.group ?? '')
  return (
    <Field {...{ label, hint, error, id, className }} hideLabel={hideLabel ?? false}>
      {(control) => (
        <div className="relative">
          <select
            {...select}
            {...control}
            value={value}
            onChange={(event) => {
              const chosen = options.find((option) => option.value === event.target.value)
              if (chosen) onValue(chosen.value)
            }}
            className={cx(controlClass, 'h-8 appearance-none truncate pr-8')}
          >
            {[...groups].map(([group, members]) =>
              group ? (
                <optgroup key={group} label={group}>
                  {members.map(optionElement)}
                </optgroup>
              ) : (
                members.map(optionElement)
              ),
            )}
          </select>
          <Icon
            name="chevronDown"
            size={14}
            className="pointer-events-none absolute inset-y-0 right-2.5 my-auto text-muted"
          />
        </div>
      )}
    </Field>
  )
}

const optionElement = (option: SelectOption) => (
  <option key={option.value} value={option.value} disabled={option.disabled}>
    {option.label}
  </option>
)
