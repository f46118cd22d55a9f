import type { ConnectionKind } from '@atrium/contract'
import { useId } from 'react'
import { providers } from './providers.ts'

interface ProviderCardsProps {
  value: ConnectionKind
  onValue: (kind: ConnectionKind) => void
}

/** Chooses the kind of provider. */
export function ProviderCards({ value, onValue }: ProviderCardsProps) {
  const name = useId()
  return (
    <fieldset>
      <legend className="mb-1.5 text-13 font-medium">Provider</legend>
      <div className="grid grid-cols-2 gap-2 sm:grid-cols-3">
        {providers.map((provider) => (
          <label
            key={provider.kind}
            className="flex cursor-pointer flex-col rounded-6 border border-line px-3 py-2 transition-colors hover:bg-hover has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              value={provider.kind}
              checked={provider.kind === value}
              onChange={() => onValue(provider.kind)}
              className="sr-only"
            />
            <span className="font-medium">{provider.name}</span>
            <span className="text-12 text-muted">{provider.text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
