import type { Style } from '@atrium/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { keys, queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { Button, ConfirmDialog, EmptyState, IconButton } from '../../ui/index.ts'
import { Panel, PanelSection } from './Panel.tsx'
import { StyleDialog } from './StyleDialog.tsx'

/** Ways of answering: the presets, and the person's own. */
export function StylesPanel() {
  const { workspace, can } = useSession()
  const query = useQuery(queries.styles(workspace.id))
  const [target, setTarget] = useState<Style | 'new' | null>(null)
  const [removed, setRemoved] = useState<Style | null>(null)
  const client = useQueryClient()
  const mayWrite = can('conversation:write')
  const remove = async (style: Style) => {
    await call('deleteStyle', { params: { workspaceId: workspace.id, styleId: style.id } })
    await client.invalidateQueries({ queryKey: keys.styles(workspace.id) })
  }
  const add = (
    <Button icon="plus" size="sm" onClick={() => setTarget('new')}>
      New style
    </Button>
  )
  return (
    <Panel
      title="Styles"
      lead="Styles set how answers are written. Choose one for each conversation, next to the model."
    >
      <Loaded query={query} what="styles" empty={null}>
        {(styles) => {
          const own = styles.filter(({ preset }) => !preset)
          return (
            <div className="flex flex-col gap-7">
              <PanelSection title="Your styles" action={mayWrite && own.length > 0 && add}>
                {own.length === 0 ? (
                  <EmptyState icon="text" title="No styles of your own yet" action={mayWrite && add}>
                    Describe how you like your answers once, then choose that style in any conversation.
                  </EmptyState>
                ) : (
                  <StyleList styles={own} edit={setTarget} remove={setRemoved} />
                )}
              </PanelSection>
              <PanelSection title="Presets">
                <StyleList styles={styles.filter(({ preset }) => preset)} />
              </PanelSection>
            </div>
          )
        }}
      </Loaded>
      <StyleDialog target={target} onClose={() => setTarget(null)} />
      <ConfirmDialog
        open={removed !== null}
        onClose={() => setRemoved(null)}
        title={`Delete ${removed?.name ?? 'style'}?`}
        confirmLabel="Delete style"
        danger
        onConfirm={() => (removed ? remove(removed) : undefined)}
      >
        Conversations that use it go back to Normal.
      </ConfirmDialog>
    </Panel>
  )
}

interface StyleListProps {
  styles: readonly Style[]
  edit?: (style: Style) => void
  remove?: (style: Style) => void
}

function StyleList({ styles, edit, remove }: StyleListProps) {
  return (
    <ul>
      {styles.map((style) => (
        <li key={style.id} className="flex items-start gap-3 border-b border-line py-2.5">
          <div className="min-w-0 flex-1">
            <p className="font-medium break-words">{style.name}</p>
            <p className="line-clamp-2 text-13 text-muted">
              {style.instructions || 'No extra instructions.'}
            </p>
          </div>
          {edit && <IconButton icon="edit" label={`Change ${style.name}`} onClick={() => edit(style)} />}
          {remove && <IconButton icon="trash" label={`Delete ${style.name}`} onClick={() => remove(style)} />}
        </li>
      ))}
    </ul>
  )
}
