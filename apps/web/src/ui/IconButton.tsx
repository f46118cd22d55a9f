import type { ComponentProps } from 'react'
import { cx } from './class-names.ts'
import { Icon } from './Icon.tsx'
import type { IconName } from './icon-paths.ts'
import { shortcutLabel } from './shortcut.ts'
import { Spinner } from './Spinner.tsx'

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label' | 'children'> {
  icon: IconName
  /** Name for screen readers and text of the tooltip. */
  label: string
  /** Shown in the tooltip, such as `mod+k`. */
  shortcut?: string
  size?: 'sm' | 'md'
  variant?: 'quiet' | 'primary'
  busy?: boolean
}

/** A square button with an icon; its name shows as a tooltip. */
export function IconButton({
  icon,
  label,
  shortcut,
  size = 'md',
  variant = 'quiet',
  busy,
  className,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      aria-busy={busy || undefined}
      data-tip={label}
      data-tip-shortcut={shortcut && shortcutLabel(shortcut)}
      className={cx(
        'touch-target inline-flex shrink-0 items-center justify-center rounded-6 transition-colors disabled:pointer-events-none disabled:opacity-40',
        size === 'sm' ? 'size-6' : 'size-8',
        variant === 'primary'
          ? 'bg-accent text-accent-ink hover:bg-accent-strong'
          : 'text-muted hover:bg-hover hover:text-ink aria-expanded:bg-hover aria-expanded:text-ink aria-pressed:text-accent',
        className,
      )}
    >
      {busy ? <Spinner /> : <Icon name={icon} size={size === 'sm' ? 14 : 16} />}
    </button>
  )
}
