import { Button, IconButton, TextField } from '../../ui/index.ts'
import { type MetadataFields, nextKey } from './policy-form.ts'

interface MetadataProps {
  label: string
  hint: string
  lines: MetadataFields[]
  onLines: (lines: MetadataFields[]) => void
}

/** Names and values of a request's metadata, one pair a line. */
export function Metadata({ label, hint, lines, onLines }: MetadataProps) {
  const set = (key: number, changes: Partial<MetadataFields>) =>
    onLines(lines.map((line) => (line.key === key ? { ...line, ...changes } : line)))
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-13 font-medium">{label}</legend>
      <p className="-mt-1 text-13 text-muted">{hint}</p>
      {lines.map(({ key, name, value }, index) => (
        <div key={key} className="flex items-center gap-2">
          <TextField
            label={`Name ${index + 1}`}
            hideLabel
            mono
            className="flex-1"
            maxLength={64}
            placeholder="name, such as plan"
            value={name}
            onChange={(event) => set(key, { name: event.target.value })}
          />
          <span aria-hidden className="text-muted">
            is
          </span>
          <TextField
            label={`Value ${index + 1}`}
            hideLabel
            mono
            className="flex-1"
            maxLength={200}
            placeholder="value, such as pro"
            value={value}
            onChange={(event) => set(key, { value: event.target.value })}
          />
          <IconButton
            icon="trash"
            label={`Remove pair ${index + 1}`}
            onClick={() => onLines(lines.filter((line) => line.key !== key))}
          />
        </div>
      ))}
      <div>
        <Button
          size="sm"
          icon="plus"
          onClick={() => onLines([...lines, { key: nextKey(lines), name: '', value: '' }])}
        >
          Add a pair
        </Button>
      </div>
    </fieldset>
  )
}
