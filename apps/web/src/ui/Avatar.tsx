/** The initials of a person or workspace; decorative, the name stands beside it. */
export function Avatar({ name, square, size = 24 }: { name: string; square?: boolean; size?: number }) {
  return (
    <span
      aria-hidden="true"
      style={{ width: size, height: size, fontSize: Math.round(size * 0.42) }}
      className={`inline-flex shrink-0 items-center justify-center border border-line bg-accent-soft font-semibold text-accent select-none ${square ? 'rounded-4' : 'rounded-full'}`}
    >
      {initials(name)}
    </span>
  )
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return letters
    .map((word) => Array.from(word ?? '')[0] ?? '')
    .join('')
    .toUpperCase()
}
