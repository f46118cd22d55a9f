import type { ComponentProps } from 'react'
import { cx } from './class-names.ts'
import { Icon } from './Icon.tsx'
import type { IconName } from './icon-paths.ts'
import { Spinner } from './Spinner.tsx'

export type ButtonVariant = 'primary' | 'secondary' | 'quiet' | 'danger'
export type ButtonSize = 'sm' | 'md'

const variants: Record<ButtonVariant, string> = {
  primary: 'bg-accent text-accent-ink hover:bg-accent-strong border-transparent',
  secondary: 'bg-raised border-line-strong/50 hover:border-line-strong hover:bg-hover',
  quiet: 'border-transparent hover:bg-hover text-muted hover:text-ink',
  danger: 'bg-danger text-danger-ink hover:bg-danger-strong border-transparent',
}

const sizes: Record<ButtonSize, string> = {
  sm: 'h-7 px-2 text-13 gap-1.5',
  md: 'h-8 px-3 text-14 gap-2',
}

/** The classes of a button, for links that look like one. */
export const buttonClass = (variant: ButtonVariant = 'secondary', size: ButtonSize = 'md'): string =>
  cx(
    'touch-target inline-flex shrink-0 items-center justify-center rounded-6 border font-medium whitespace-nowrap select-none',
    'transition-colors active:opacity-90 disabled:pointer-events-none disabled:opacity-50 aria-disabled:opacity-50',
    variants[variant],
    sizes[size],
  )

export interface ButtonProps extends ComponentProps<'button'> {
  variant?: ButtonVariant
  size?: ButtonSize
  icon?: IconName
  /** Work is under way: shows a spinner and ignores clicks, but keeps the focus. */
  busy?: boolean
}

export function Button({
  variant,
  size,
  icon,
  busy,
  className,
  children,
  onClick,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      // oxlint-disable-next-line react/button-has-type -- it is one of the three
      type={busy ? 'button' : type}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? undefined : onClick}
      className={cx(buttonClass(variant, size), className)}
    >
      {busy ? <Spinner /> : icon && <Icon name={icon} />}
      {children}
    </button>
  )
}
