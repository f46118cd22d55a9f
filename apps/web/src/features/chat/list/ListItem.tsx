import type { Conversation } from '@atrium/contract'
import { memo, useState } from 'react'
import { paths } from '../../../paths.ts'
import { AppLink } from '../../../routes/links.tsx'
import { cx, Icon, IconButton, Menu, type MenuEntry } from '../../../ui/index.ts'
import { RenameField } from './RenameField.tsx'
import { titleOf } from './title.ts'

export interface ListItemActions {
  rename: (conversation: Conversation, title: string) => void
  pin: (conversation: Conversation) => void
  archive: (conversation: Conversation) => void
  remove: (conversation: Conversation) => void
  prefetch: (conversation: Conversation) => void
  toggle: (conversation: Conversation) => void
}

interface ListItemProps {
  conversation: Conversation
  open: boolean
  unread: boolean
  /** Null outside of selecting. */
  selected: boolean | null
  canWrite: boolean
  actions: ListItemActions
}

/** One conversation in the sidebar. */
export const ListItem = memo(function ListItem({ selected, ...props }: ListItemProps) {
  const { conversation, actions } = props
  const [renaming, setRenaming] = useState(false)
  if (renaming) {
    const done = (next: string | null) => {
      setRenaming(false)
      if (next) actions.rename(conversation, next)
    }
    return <RenameField initial={conversation.title} onDone={done} />
  }
  if (selected === null) return <OpenableItem {...props} rename={() => setRenaming(true)} />
  return (
    <label className="flex h-full cursor-pointer items-center gap-2 rounded-6 px-2 hover:bg-hover">
      <input
        type="checkbox"
        checked={selected}
        onChange={() => actions.toggle(conversation)}
        className="size-4 accent-accent"
      />
      <span className="min-w-0 truncate">{titleOf(conversation)}</span>
    </label>
  )
})

type OpenableItemProps = Omit<ListItemProps, 'selected'> & { rename: () => void }

function OpenableItem({ conversation, open, unread, canWrite, actions, rename }: OpenableItemProps) {
  const title = titleOf(conversation)
  return (
    <div
      className={cx(
        'group flex h-full items-center rounded-6 pr-0.5',
        open ? 'bg-pressed' : 'hover:bg-hover',
      )}
    >
      <AppLink
        to={paths.conversation(conversation.id)}
        data-list-row
        aria-current={open ? 'page' : undefined}
        onPointerEnter={() => actions.prefetch(conversation)}
        onDoubleClick={() => canWrite && rename()}
        onKeyDown={(event) => {
          if (event.key === 'F2' && canWrite) {
            // Otherwise the open conversation would be renamed.
            event.preventDefault()
            rename()
          }
          if (event.key === 'Delete' && canWrite) actions.remove(conversation)
        }}
        className="flex h-full min-w-0 flex-1 items-center gap-2 rounded-6 px-2"
      >
        <span
          className={cx(
            'min-w-0 flex-1 truncate',
            unread && 'font-semibold',
            !conversation.title && 'text-muted',
          )}
        >
          {title}
        </span>
        <Dots running={conversation.running} unread={unread} pinned={conversation.pinned} />
      </AppLink>
      {canWrite && (
        <Menu
          label={`Actions for ${title}`}
          align="end"
          items={menuItems(conversation, actions, rename)}
          // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
          trigger={(trigger) => (
            <IconButton
              {...trigger}
              icon="ellipsis"
              size="sm"
              label={`Actions for ${title}`}
              className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 aria-expanded:opacity-100 pointer-coarse:opacity-100"
            />
          )}
        />
      )}
    </div>
  )
}

function Dots({ running, unread, pinned }: { running: boolean; unread: boolean; pinned: boolean }) {
  return (
    <>
      {running && (
        <span className="size-2 shrink-0 animate-pulse rounded-full border-2 border-accent">
          <span className="sr-only">, answering</span>
        </span>
      )}
      {unread && !running && (
        <span className="size-2 shrink-0 rounded-full bg-accent">
          <span className="sr-only">, unread</span>
        </span>
      )}
      {pinned && <Icon name="pin" size={12} className="text-faint" />}
    </>
  )
}

function menuItems(conversation: Conversation, actions: ListItemActions, rename: () => void): MenuEntry[] {
  const { pinned, archived } = conversation
  return [
    { label: 'Rename', icon: 'edit', shortcut: 'f2', onSelect: rename },
    { label: pinned ? 'Unpin' : 'Pin', icon: 'pin', onSelect: () => actions.pin(conversation) },
    {
      label: archived ? 'Unarchive' : 'Archive',
      icon: 'archive',
      onSelect: () => actions.archive(conversation),
    },
    { label: 'Select several', icon: 'check', onSelect: () => actions.toggle(conversation) },
    '-',
    { label: 'Delete', icon: 'trash', danger: true, onSelect: () => actions.remove(conversation) },
  ]
}
