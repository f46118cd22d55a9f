import { iconPaths, type IconName } from './icon-paths.ts'

interface IconProps {
  name: IconName
  /** Edge in pixels. */
  size?: number
  className?: string
}

/** A decorative line icon; the control around it carries the name. */
export function Icon({ name, size = 16, className = '' }: IconProps) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'ellipsis' ? 1.8 : 1.25}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={`shrink-0 ${className}`}
    >
      <path d={iconPaths[name]} />
    </svg>
  )
}
