import type { Conversation } from '@atrium/contract'
import { use, useMemo } from 'react'
import { createPortal } from 'react-dom'
import { useSession } from '../../../api/session.tsx'
import { IconButton, Menu, type MenuEntry } from '../../../ui/index.ts'
import { useUpdateConversation } from '../composer/use-settings.ts'
import { MobileSlot } from '../../shell/mobile-slot.ts'
import { titleOf } from '../list/title.ts'
import { useArchiveConversations } from '../list/use-archive.ts'
import type { useDialogs } from './use-dialogs.ts'

interface ConversationHeaderProps {
  conversation: Conversation
  dialogs: ReturnType<typeof useDialogs>
  exportAs: (format: 'markdown' | 'json') => void
}

/** The title of the open conversation and what can be done with it. */
export function ConversationHeader({ conversation, dialogs, exportAs }: ConversationHeaderProps) {
  const update = useUpdateConversation()
  const archive = useArchiveConversations()
  const { can } = useSession()
  const canWrite = can('conversation:write')
  const { id, pinned, archived } = conversation
  const { open } = dialogs
  const items = useMemo<MenuEntry[]>(() => {
    const reading: MenuEntry[] = [
      { label: 'Branch map', icon: 'branch', onSelect: () => open('branches') },
      { label: 'Download as Markdown', icon: 'download', onSelect: () => exportAs('markdown') },
      { label: 'Download as JSON', icon: 'download', onSelect: () => exportAs('json') },
    ]
    if (!canWrite) return reading
    return [
      { label: 'Rename', icon: 'edit', shortcut: 'f2', onSelect: () => open('rename') },
      { label: pinned ? 'Unpin' : 'Pin', icon: 'pin', onSelect: () => void update(id, { pinned: !pinned }) },
      ...reading,
      '-',
      {
        label: archived ? 'Unarchive' : 'Archive',
        icon: 'archive',
        onSelect: () => void archive([conversation], !archived),
      },
      { label: 'Delete', icon: 'trash', danger: true, onSelect: () => open('delete') },
    ]
  }, [canWrite, open, exportAs, update, archive, conversation, id, pinned, archived])
  const slot = use(MobileSlot)
  const content = (
    <>
      <h1 className="min-w-0 truncate font-medium" title={titleOf(conversation)}>
        {titleOf(conversation)}
      </h1>
      <span className="ml-auto flex shrink-0">
        {!slot && <IconButton icon="branch" label="Branch map" onClick={() => open('branches')} />}
        <Menu
          label="Conversation"
          align="end"
          items={items}
          // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
          trigger={(props) => <IconButton {...props} icon="ellipsis" label="Conversation actions" />}
        />
      </span>
    </>
  )
  if (slot) return createPortal(content, slot)
  return (
    <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line px-4">{content}</header>
  )
}
