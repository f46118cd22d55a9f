import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { useGo } from '../../routes/links.tsx'
import { Avatar, Icon, Menu, type MenuEntry } from '../../ui/index.ts'
import { useOpenSettings } from './use-settings.ts'

/** Shows the current workspace; opens the others. */
export function WorkspaceMenu() {
  const { workspace, workspaces, switchWorkspace, can } = useSession()
  const openSettings = useOpenSettings()
  const go = useGo()
  const items: MenuEntry[] = [
    ...workspaces.map(({ id, name, role }) => ({
      label: name,
      hint: role,
      checked: id === workspace.id,
      onSelect: () => {
        if (id === workspace.id) return
        switchWorkspace(id)
        go(paths.home())
      },
    })),
    '-',
    { label: 'Members', icon: 'people', onSelect: () => openSettings('Members') },
    ...(can('workspace:update')
      ? [
          {
            label: 'Workspace settings',
            icon: 'settings',
            onSelect: () => openSettings('Workspace'),
          } as const,
        ]
      : []),
    { label: 'Create a workspace', icon: 'plus', onSelect: () => openSettings('Workspace') },
  ]
  return (
    <Menu
      label="Workspaces"
      items={items}
      className="w-60"
      // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
      trigger={(props) => (
        <button
          type="button"
          {...props}
          className="touch-target flex h-8 min-w-0 flex-1 items-center gap-2 rounded-6 px-2 text-left transition-colors hover:bg-hover"
        >
          <Avatar name={workspace.name} square size={20} />
          <span className="truncate font-semibold">{workspace.name}</span>
          <Icon name="chevronsUpDown" size={14} className="text-faint" />
          <span className="sr-only">, switch workspace</span>
        </button>
      )}
    />
  )
}
