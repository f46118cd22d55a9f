import { Button, IconButton, Menu, type MenuEntry } from '../../../ui/index.ts'

/** Which conversations the list shows. */
export type ListView = keyof typeof titles

const titles = { active: 'Conversations', archived: 'Archived', deleted: 'Deleted' }

interface ListHeaderProps {
  view: ListView
  setView: (view: ListView) => void
  /** How many are selected; null outside of selecting. */
  selectedCount: number | null
  setSelecting: (selecting: boolean) => void
  onArchive: () => void
  onDelete: () => void
  onImport: () => void
  onExport: () => void
  canWrite: boolean
}

/** Over the list: which one it is, and what can be done with several of it. */
export function ListHeader(props: ListHeaderProps) {
  const { view, setView, selectedCount, setSelecting } = props
  const isAway = view !== 'active'
  const back = () => setView('active')
  if (selectedCount !== null) return <SelectionBar {...props} selectedCount={selectedCount} />
  const items: MenuEntry[] = [
    ...(isAway ? [{ label: 'Back to conversations', icon: 'chat', onSelect: back } as const] : []),
    ...(view === 'archived'
      ? []
      : [
          {
            label: 'Archived conversations',
            icon: 'archive',
            onSelect: () => setView('archived'),
          } as const,
        ]),
    ...(view === 'deleted'
      ? []
      : [{ label: 'Deleted conversations', icon: 'trash', onSelect: () => setView('deleted') } as const]),
    ...(props.canWrite
      ? [
          ...(view === 'deleted'
            ? []
            : [{ label: 'Select several', icon: 'check', onSelect: () => setSelecting(true) } as const]),
          '-' as const,
          { label: 'Import…', icon: 'upload', onSelect: props.onImport } as const,
        ]
      : []),
    { label: 'Export all', icon: 'download', onSelect: props.onExport },
  ]
  return (
    <div className="flex h-9 shrink-0 items-center pr-2 pl-4">
      {isAway && (
        <IconButton
          icon="arrowLeft"
          size="sm"
          label="Back to conversations"
          className="mr-1 -ml-2"
          onClick={back}
        />
      )}
      <h2 className="flex-1 truncate text-12 text-muted">{titles[view]}</h2>
      <Menu
        label="All conversations"
        align="end"
        items={items}
        // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
        trigger={(trigger) => <IconButton {...trigger} icon="ellipsis" size="sm" label="All conversations" />}
      />
    </div>
  )
}

function SelectionBar({ view, selectedCount, setSelecting, onArchive, onDelete }: ListHeaderProps) {
  const none = selectedCount === 0
  return (
    <div
      role="toolbar"
      aria-label="Selected conversations"
      className="flex shrink-0 items-center gap-0.5 py-1 pr-2 pl-4"
    >
      <span className="flex-1 text-13">{selectedCount} selected</span>
      <IconButton
        icon="archive"
        label={view === 'archived' ? 'Unarchive' : 'Archive'}
        disabled={none}
        onClick={onArchive}
      />
      <IconButton icon="trash" label="Delete" disabled={none} onClick={onDelete} />
      <Button size="sm" variant="quiet" onClick={() => setSelecting(false)}>
        Done
      </Button>
    </div>
  )
}
