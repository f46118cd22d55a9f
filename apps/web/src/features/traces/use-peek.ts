import { useMemo, useState } from 'react'
import { paths } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { type Command, useCommands } from '../shell/commands.tsx'
import type { TracesView } from './use-traces.ts'

export interface Peek {
  /** The trace that is looked into beside the list, or null. */
  traceId: string | null
  /** The row that keys act on: the one that is looked into, or the last that was. Null before any. */
  currentId: string | null
  /** To the row so many below (above, when negative); the look into it follows when there is one. */
  move: (step: number) => void
  show: (traceId: string) => void
  close: () => void
  /** Opens the whole trace. */
  enter: (traceId: string) => void
}

/** Which trace is looked into. J and K go through the list, wherever the focus is. */
export function usePeek({ search, choose, traces }: TracesView): Peek {
  const go = useGo()
  const [last, setLast] = useState<string | null>(null)
  const traceId = search.peek ?? null
  const currentId = traceId ?? last
  const at = (step: number): string | undefined => {
    const index = traces.findIndex(({ id }) => id === currentId)
    const next = index < 0 ? 0 : Math.min(traces.length - 1, Math.max(0, index + step))
    return traces[next]?.id
  }
  const show = (id: string) => {
    setLast(id)
    choose({ peek: id })
  }
  const peek: Peek = {
    traceId,
    currentId,
    show,
    move: (step) => {
      const next = at(step)
      if (next === undefined) return
      if (traceId === null) setLast(next)
      else show(next)
    },
    close: () => {
      setLast(currentId)
      choose({ peek: '' })
    },
    enter: (id) => go(paths.trace(id)),
  }
  usePeekCommands(
    (step) => {
      const next = at(step)
      if (next !== undefined) show(next)
    },
    traceId === null ? null : peek.close,
  )
  return peek
}

/** A dialog over the screen takes the key for itself. */
const unlessInDialog = (run: () => void) => () => {
  if (!document.querySelector('dialog:modal')) run()
}

function usePeekCommands(go: (step: number) => void, close: (() => void) | null): void {
  const section = 'Traces'
  const commands = useMemo<Command[]>(
    () => [
      { id: 'next-trace', title: 'Next trace', section, shortcut: 'j', hidden: true, run: () => go(1) },
      {
        id: 'previous-trace',
        title: 'Previous trace',
        section,
        shortcut: 'k',
        hidden: true,
        run: () => go(-1),
      },
      ...(close
        ? [
            {
              id: 'close-peek',
              title: 'Close the peek panel',
              section,
              shortcut: 'escape',
              hidden: true,
              run: unlessInDialog(close),
            },
          ]
        : []),
    ],
    [go, close],
  )
  useCommands(commands)
}
