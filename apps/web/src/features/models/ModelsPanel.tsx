import { useSession } from '../../api/session.tsx'
import { Panel } from '../settings/Panel.tsx'
import { Catalogue } from './Catalogue.tsx'
import { Connections } from './Connections.tsx'

/** Settings, Models: connections to providers and the models that they bring. */
export function ModelsPanel() {
  const { can } = useSession()
  return (
    <Panel title="Models" lead="Where answers come from, and which models people may choose.">
      {can('connection:read') && <Connections />}
      <Catalogue />
    </Panel>
  )
}
