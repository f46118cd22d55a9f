/** The mark: walls around an open court. */
export function Logo({ size = 18 }: { size?: number }) {
  return (
    <svg viewBox="0 0 18 18" width={size} height={size} fill="none" aria-hidden="true" className="shrink-0">
      <path d="M6.500 16H2V2h14v14h-4.500" stroke="currentColor" strokeWidth="1.600" />
      <path d="M6.500 6.500h5v5h-5z" className="fill-accent" />
    </svg>
  )
}
