import { type ReactNode, useId, useState } from 'react'
import { cx, Icon } from '../../ui/index.ts'

interface FoldProps {
  title: string
  /** Beside the title, in a quieter voice. */
  aside?: ReactNode
  isOpen?: boolean
  /** At the right end of the title. */
  action?: ReactNode
  /** Drawn only while it is open. */
  children: () => ReactNode
}

/** A part of the panel under its title, which folds it. */
export function Fold({ title, aside, isOpen = true, action, children }: FoldProps) {
  const [open, setOpen] = useState(isOpen)
  const id = useId()
  return (
    <section className="flex flex-col">
      <div className="flex h-8 items-center gap-2 border-b border-line">
        <h3 className="min-w-0 flex-1">
          <button
            type="button"
            aria-expanded={open}
            aria-controls={id}
            onClick={() => setOpen(!open)}
            className="touch-target -ml-1 flex h-7 w-full items-center gap-1.5 rounded-4 px-1 text-left text-13 font-semibold hover:bg-hover"
          >
            <Icon
              name="chevronRight"
              size={12}
              className={cx('text-muted transition-transform', open && 'rotate-90')}
            />
            {title}
            {aside !== undefined && (
              <span className="truncate font-normal text-muted tabular-nums">{aside}</span>
            )}
          </button>
        </h3>
        {action}
      </div>
      <div id={id} hidden={!open} className="pt-2 pb-4">
        {open && children()}
      </div>
    </section>
  )
}
