import { Select, TextField } from '../../ui/index.ts'
import { formatDay } from '../../format.ts'
import { type Lifetime, lifetimes } from './key-expiry.ts'

interface KeyExpiryProps {
  /** What holds now; undefined for a new key. */
  expiresAt: string | null | undefined
  lifetime: Lifetime
  /** A local date, used when the lifetime is `day`. */
  day: string
  change: (changes: { lifetime?: Lifetime; day?: string }) => void
  error: string | null
}

/** When a key runs out. */
export function KeyExpiry({ expiresAt, lifetime, day, change, error }: KeyExpiryProps) {
  const kept = expiresAt ? `as it is: ${formatDay(expiresAt)}` : 'as it is: never'
  const options =
    expiresAt === undefined ? lifetimes : [{ value: 'keep' as const, label: kept }, ...lifetimes]
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Select
        label="Runs out"
        options={options}
        value={lifetime}
        error={lifetime === 'day' ? null : error}
        onValue={(chosen) => change({ lifetime: chosen })}
      />
      {lifetime === 'day' && (
        <TextField
          label="At the end of"
          type="date"
          required
          value={day}
          error={error}
          onChange={(event) => change({ day: event.target.value })}
        />
      )}
    </div>
  )
}
