import { type Preferences, usePreference } from '../../api/preferences.ts'
import { Switch } from '../../ui/index.ts'
import { Choice } from './Choice.tsx'
import { Panel, PanelSection } from './Panel.tsx'

const themes: { value: Preferences['theme']; label: string; hint: string }[] = [
  { value: 'system', label: 'System', hint: 'Follows this device' },
  { value: 'light', label: 'Light', hint: 'Ink on paper' },
  { value: 'dark', label: 'Dark', hint: 'Easier at night' },
]

const densities: { value: Preferences['density']; label: string; hint: string }[] = [
  { value: 'comfortable', label: 'Comfortable', hint: 'More space between the lines' },
  { value: 'compact', label: 'Compact', hint: 'Shows more at once' },
]

export function AppearancePanel() {
  const [theme, setTheme] = usePreference('theme')
  const [density, setDensity] = usePreference('density')
  const [singleKeys, setSingleKeys] = usePreference('singleKeyShortcuts')
  const [checklistHidden, setChecklistHidden] = usePreference('checklistHidden')
  return (
    <Panel title="Appearance" lead="These settings are kept on this device.">
      <Choice legend="Theme" options={themes} value={theme} onValue={setTheme} />
      <Choice legend="Density of lists and tables" options={densities} value={density} onValue={setDensity} />
      <PanelSection title="Behaviour">
        <Switch
          label="Single-key shortcuts"
          hint="Single-key shortcuts, such as ?, work when you are not typing. Turn them off if you dictate."
          checked={singleKeys}
          onChange={setSingleKeys}
        />
        <Switch
          label="First steps"
          hint="Shows owners what is left to set up, at the bottom of the sidebar."
          checked={!checklistHidden}
          onChange={(shown) => setChecklistHidden(!shown)}
        />
        <p className="text-13 text-muted">Motion follows the “reduce motion” setting of your system.</p>
      </PanelSection>
    </Panel>
  )
}
