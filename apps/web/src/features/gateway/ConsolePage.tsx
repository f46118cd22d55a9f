import type { ReactNode } from 'react'
import { useSession } from '../../api/session.tsx'
import { AppLink } from '../../routes/links.tsx'
import { useTitle } from '../../ui/index.ts'
import { consolePlaces } from './places.ts'

interface ConsolePageProps {
  title: string
  lead?: ReactNode
  /** At the right end of the title. */
  actions?: ReactNode
  children: ReactNode
}

/** The frame of the screens around the gateway: the way between them, and a title. */
export function ConsolePage({ title, lead, actions, children }: ConsolePageProps) {
  const { can } = useSession()
  useTitle(title)
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto flex max-w-[76rem] flex-col gap-6 px-4 pt-3 pb-12 md:px-8">
        <nav
          ref={showCurrent}
          aria-label="Console"
          className="-mx-1 flex [scrollbar-width:none] overflow-x-auto overflow-y-hidden shadow-[inset_0_-1px_var(--color-line)]"
        >
          {consolePlaces
            .filter(({ needs }) => can(needs))
            .map(({ name, path }) => (
              <AppLink
                key={path}
                to={path}
                className="touch-target flex h-9 shrink-0 items-center border-b-2 border-transparent px-3 text-muted outline-offset-[-2px] hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink"
              >
                {name}
              </AppLink>
            ))}
        </nav>
        <header className="flex flex-wrap items-end justify-between gap-3">
          <div className="min-w-0">
            <h1 className="text-20 font-semibold tracking-tight">{title}</h1>
            {lead && <p className="max-w-prose text-muted">{lead}</p>}
          </div>
          {actions && <div className="flex flex-wrap items-end gap-2">{actions}</div>}
        </header>
        {/* Its sections have headings of the third level, as in the settings. */}
        <h2 className="sr-only">{`${title} in detail`}</h2>
        {children}
      </div>
    </div>
  )
}

/** On a narrow screen the way between the screens scrolls sideways: the current one is brought into its middle. */
function showCurrent(nav: HTMLElement | null): void {
  const current = nav?.querySelector('[aria-current=page]')
  if (!nav || !current) return
  const show = () => {
    const [row, tab] = [nav.getBoundingClientRect(), current.getBoundingClientRect()]
    nav.scrollLeft += tab.left + tab.width / 2 - row.left - row.width / 2
  }
  show()
  // Names have other widths once the typeface is there.
  void document.fonts.ready.then(show)
}
