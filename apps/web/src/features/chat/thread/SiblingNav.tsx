import type { Message } from '@atrium/contract'
import { IconButton } from '../../../ui/index.ts'
import { useThread } from './thread-context.ts'

/** `‹ 2/3 ›`: the versions of a message. */
export function SiblingNav({ siblings }: { siblings: Message['siblings'] }) {
  const { actions } = useThread()
  if (siblings.count < 2) return null
  const { previousId, nextId, index, count } = siblings
  return (
    <fieldset className="flex items-center text-13 text-muted tabular-nums">
      <legend className="sr-only">Versions</legend>
      <IconButton
        icon="chevronLeft"
        size="sm"
        label="Previous version"
        disabled={previousId === null}
        onClick={() => previousId && void actions.moveTo(previousId, true)}
      />
      <span aria-label={`Version ${index + 1} of ${count}`}>
        {index + 1}/{count}
      </span>
      <IconButton
        icon="chevronRight"
        size="sm"
        label="Next version"
        disabled={nextId === null}
        onClick={() => nextId && void actions.moveTo(nextId, true)}
      />
    </fieldset>
  )
}
