import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/index.ts'
import { ConsolePage } from '../gateway/ConsolePage.tsx'
import { routingQueries } from './routing-queries.ts'
import { AliasEditor } from './AliasEditor.tsx'
import { Aliases } from './Aliases.tsx'
import { ButtonLink } from './ButtonLink.tsx'
import { HealthTable } from './HealthTable.tsx'
import { useAllPages } from './use-all-pages.ts'

/** In the place of an id in the address: an alias that is to be made. */
const newAlias = 'new'

/** Names for models with the policies behind them, and how the models do right now; or the editor of one alias. */
export function RoutingScreen() {
  const { can } = useSession()
  const { alias }: { alias?: string } = useSearch({ strict: false })
  if (!alias || !can('model:manage')) return <Overview />
  return alias === newAlias ? <AliasEditor key={newAlias} alias={null} /> : <Chosen key={alias} id={alias} />
}

function Overview() {
  const { workspace, can } = useSession()
  const { data } = useInfiniteQuery(routingQueries.aliases(workspace.id))
  const create = can('model:manage') && (
    <ButtonLink to={paths.routing(newAlias)} icon="plus">
      New alias
    </ButtonLink>
  )
  return (
    <ConsolePage
      title="Routing"
      lead="An alias is a name that programs and people call; its policy decides which model answers."
      // The empty list offers it itself.
      actions={data?.length ? create : null}
    >
      <Aliases create={create} />
      <HealthTable />
    </ConsolePage>
  )
}

/** The editor of the alias of the address, as soon as it is read. */
function Chosen({ id }: { id: string }) {
  const query = useInfiniteQuery(routingQueries.aliases(useSession().workspace.id))
  useAllPages(query)
  const { data, error, hasNextPage, refetch } = query
  const alias = data?.find((one) => one.id === id)
  if (alias) return <AliasEditor alias={alias} />
  const isReading = !error && (!data || hasNextPage)
  return (
    <ConsolePage title="Change an alias">
      {error && (
        <ErrorState title="The alias could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {isReading && <SkeletonRows label="Reading the alias" />}
      {!error && !isReading && (
        <EmptyState
          icon="branch"
          title="There is no such alias"
          action={<ButtonLink to={paths.routing()}>Back to routing</ButtonLink>}
        >
          It may have been deleted meanwhile.
        </EmptyState>
      )}
    </ConsolePage>
  )
}
