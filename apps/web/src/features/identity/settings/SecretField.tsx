import { CopyButton, TextField } from '../../../ui/index.ts'

/** Something that is shown once, to be copied. */
export function SecretField({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex items-end gap-2">
      <TextField
        label={label}
        mono
        readOnly
        data-autofocus
        className="flex-1"
        value={value}
        onFocus={(event) => event.target.select()}
      />
      <CopyButton text={value} withText size="md" />
    </div>
  )
}
