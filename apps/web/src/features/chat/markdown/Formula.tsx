import 'katex/dist/katex.min.css'
import katex from 'katex'
import { useLayoutEffect, useRef } from 'react'

const MAX_LENGTH = 5000

/** A formula, drawn through the DOM (no HTML strings, no inline style attributes). Loaded when one is met. */
export function Formula({ source, display }: { source: string; display: boolean }) {
  const ref = useRef<HTMLSpanElement>(null)
  const isTooLong = source.length > MAX_LENGTH
  useLayoutEffect(() => {
    if (!ref.current || isTooLong) return
    try {
      katex.render(source, ref.current, {
        displayMode: display,
        throwOnError: false,
        trust: false,
        strict: 'ignore',
        maxExpand: 300,
        maxSize: 20,
        errorColor: 'currentColor',
      })
    } catch {
      ref.current.textContent = source
    }
  }, [source, display, isTooLong])
  if (isTooLong) return <code className="font-mono text-[0.875em]">{source}</code>
  return <span ref={ref} className={display ? 'block overflow-x-auto overflow-y-hidden py-1' : ''} />
}
