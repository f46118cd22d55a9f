import { useEffect, useRef } from 'react'

const delayMs = 500

/**
 * Shows the `data-tip` of whatever is hovered or focused; one of them serves the whole page, so that a
 * button costs nothing. Tooltips repeat names only: the control still needs its own label.
 */
export function TooltipHost() {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const tip = ref.current
    return tip ? attach(tip) : undefined
  }, [])
  return (
    <div
      ref={ref}
      popover="manual"
      aria-hidden="true"
      className="floating-tip pointer-events-none max-w-70 rounded-4 bg-ink px-2 py-1 text-12 text-paper open:animate-late"
    />
  )
}

function attach(tip: HTMLElement): () => void {
  let timer: number | undefined
  const hide = () => {
    clearTimeout(timer)
    if (tip.matches(':popover-open')) tip.hidePopover()
  }
  const show = (owner: HTMLElement) => {
    if (!owner.isConnected || owner.getAttribute('aria-expanded') === 'true') return
    const { tip: text = '', tipShortcut } = owner.dataset
    tip.textContent = tipShortcut ? `${text}  ${tipShortcut}` : text
    hide()
    tip.showPopover({ source: owner })
  }
  const over = (event: PointerEvent) => {
    hide()
    const owner = ownerOf(event.target)
    if (owner && event.pointerType === 'mouse') timer = window.setTimeout(() => show(owner), delayMs)
  }
  const focus = (event: FocusEvent) => {
    const owner = ownerOf(event.target)
    if (owner?.matches(':focus-visible')) show(owner)
  }
  const stop = new AbortController()
  const options = { signal: stop.signal, capture: true, passive: true }
  document.addEventListener('pointerover', over, options)
  document.addEventListener('focusin', focus, options)
  for (const name of ['focusout', 'pointerdown', 'keydown', 'scroll'] as const) {
    document.addEventListener(name, hide, options)
  }
  return () => {
    clearTimeout(timer)
    stop.abort()
  }
}

const ownerOf = (target: EventTarget | null): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>('[data-tip]') : null
