import { useMemo } from 'react'
import { usePreference } from '../../api/preferences.ts'
import { Dialog, isSingleKey, Kbd, Switch } from '../../ui/index.ts'
import { type Command, useCommandRegistry, useSections } from './commands.tsx'

/** Keys that the message field, the list of conversations and the browser handle themselves, or only some screens. */
const ownKeys: readonly Command[] = [
  ['Message field', 'Send the message', 'enter'],
  ['Message field', 'New line', 'shift+enter'],
  ['Message field', 'Edit your last message, from an empty field', 'arrowup'],
  ['Message field', 'Commands, at the beginning', '/'],
  ['Message field', 'Choose a model', '@'],
  ['Open conversation', 'Copy the last answer', 'mod+shift+c'],
  ['Open conversation', 'Copy the last code block', 'mod+shift+;'],
  ['Open conversation', 'Find in this conversation', 'mod+f'],
  ['Open conversation', 'Rename this conversation', 'f2'],
  ['Open conversation', 'Stop the answer', 'escape'],
  ['List of conversations', 'Rename the selected conversation', 'f2'],
  ['List of conversations', 'Delete the selected conversation', 'delete'],
].map(([section = '', title = '', shortcut = '']) => ({ id: title, section, title, shortcut, run: () => {} }))

/** All shortcuts, also those of screens that are not open. */
export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const registry = useCommandRegistry()
  const [singleKeys, setSingleKeys] = usePreference('singleKeyShortcuts')
  const sections = useSections(
    useMemo(() => {
      const known = registry.commands().filter(({ shortcut }) => shortcut !== undefined)
      const isKnown = ({ section, shortcut }: Command) =>
        known.some((each) => each.section === section && each.shortcut === shortcut)
      return [...known, ...ownKeys.filter((each) => !isKnown(each))]
    }, [registry]),
  )
  return (
    <Dialog open onClose={onClose} title="Shortcuts">
      <div className="flex flex-col gap-5">
        {sections.map(([section, commands]) => (
          <section key={section} aria-label={section}>
            <h3 className="mb-1 text-13 font-medium text-muted">{section}</h3>
            <dl>
              {commands.map((command) => (
                <ShortcutRow key={command.id} command={command} off={!singleKeys} />
              ))}
            </dl>
          </section>
        ))}
        <Switch
          label="Single-key shortcuts"
          hint="Single-key shortcuts, such as ?, work when you are not typing."
          checked={singleKeys}
          onChange={setSingleKeys}
        />
      </div>
    </Dialog>
  )
}

function ShortcutRow({ command, off }: { command: Command; off: boolean }) {
  const { title, shortcut = '' } = command
  const muted = off && isSingleKey(shortcut) && !ownKeys.includes(command)
  return (
    <div className="flex items-center justify-between gap-4 border-b border-line py-1.5">
      <dt className={muted ? 'text-faint line-through' : ''}>{title}</dt>
      <dd>
        <Kbd keys={shortcut} />
      </dd>
    </div>
  )
}
