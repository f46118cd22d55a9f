import { useSession } from '../../api/session.tsx'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { KeyList } from './KeyList.tsx'

/** Virtual keys: what programs call models with. */
export function KeysScreen() {
  const { workspace } = useSession()
  return (
    <ConsolePage
      title="Keys"
      lead={`Programs reach ${workspace.name} with these. A key can do no more than its owner.`}
    >
      <KeyList />
    </ConsolePage>
  )
}
