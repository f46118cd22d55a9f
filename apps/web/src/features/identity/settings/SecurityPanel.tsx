import { Panel } from '../../settings/Panel.tsx'
import { PasswordSection } from './PasswordSection.tsx'
import { SessionsSection } from './SessionsSection.tsx'

export const SecurityPanel = () => (
  <Panel title="Security" lead="Your password, and the places where you are signed in.">
    <PasswordSection />
    <SessionsSection />
  </Panel>
)
