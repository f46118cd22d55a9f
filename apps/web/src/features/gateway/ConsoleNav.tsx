import { useSession } from '../../api/session.tsx'
import { AppLink } from '../../routes/links.tsx'
import { consolePlaces } from './places.ts'

/** The way between the screens of the console. */
export function ConsoleNav() {
  const { can } = useSession()
  return (
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
