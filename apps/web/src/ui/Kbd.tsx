import { shortcutKeys } from './shortcut.ts'

/** The keys of a shortcut. */
export function Kbd({ keys }: { keys: string }) {
  return (
    <span className="inline-flex gap-0.5">
      {shortcutKeys(keys).map((key) => (
        <kbd
          key={key}
          className="min-w-5 rounded-4 border border-line bg-sunken px-1 text-center font-sans text-12 text-muted"
        >
          {key}
        </kbd>
      ))}
    </span>
  )
}
