import { type ReactNode, useRef } from 'react'
import { Icon, IconButton, Menu } from '../../../ui/index.ts'
import { ModelPicker } from './ModelPicker.tsx'
import type { ChatSettings } from './use-settings.ts'

interface ComposerToolbarProps {
  settings: ChatSettings
  onFiles: (files: Iterable<File>) => void
  readOnly: boolean
  /** At the right end: the meter and Send or Stop. */
  children: ReactNode
}

/** Under the text: files, model, style, thinking. */
export function ComposerToolbar({ settings, onFiles, readOnly, children }: ComposerToolbarProps) {
  const input = useRef<HTMLInputElement>(null)
  const { models, model, setModel, chosenModel, thinking, setThinking } = settings
  const canThink = chosenModel?.capabilities.thinkingToggle ?? false
  return (
    <div className="flex items-center gap-0.5 px-1.5 pb-1.5">
      <IconButton
        icon="paperclip"
        label="Add images or text files"
        disabled={readOnly}
        onClick={() => input.current?.click()}
      />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files"
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])])
          target.value = ''
        }}
      />
      <ModelPicker models={models} value={model} onChange={setModel} />
      <StyleMenu settings={settings} />
      {canThink && (
        <IconButton
          icon="brain"
          label={thinking ? 'Thinking is on' : 'Thinking is off'}
          aria-pressed={thinking}
          onClick={() => setThinking(!thinking)}
        />
      )}
      <span className="ml-auto flex items-center gap-2 pl-2">{children}</span>
    </div>
  )
}

function StyleMenu({ settings: { styles, style, setStyle } }: { settings: ChatSettings }) {
  const chosen = styles.find(({ id }) => id === style)
  if (styles.length === 0) return null
  return (
    <Menu
      label="Style"
      side="above"
      items={styles.map(({ id, name }) => ({
        label: name,
        checked: id === style,
        onSelect: () => setStyle(id),
      }))}
      // oxlint-disable-next-line react/no-unstable-nested-components -- called, not mounted
      trigger={(props) => (
        <button
          {...props}
          type="button"
          className="touch-target flex h-8 min-w-0 items-center gap-1 rounded-6 px-2 text-13 text-muted hover:bg-hover hover:text-ink"
        >
          <span className="sr-only">Style: </span>
          <span className="min-w-0 truncate">{chosen?.name ?? 'Normal'}</span>
          <Icon name="chevronDown" size={12} />
        </button>
      )}
    />
  )
}
