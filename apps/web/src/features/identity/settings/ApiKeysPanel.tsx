import { useSession } from '../../../api/session.tsx'
import { KeyList } from '../../keys/KeyList.tsx'
import { Panel } from '../../settings/Panel.tsx'

export function ApiKeysPanel() {
  const { workspace } = useSession()
  return (
    <Panel
      title="API keys"
      lead={`Programs reach ${workspace.name} with these keys. A key can never do more than its owner.`}
    >
      <KeyList />
    </Panel>
  )
}
