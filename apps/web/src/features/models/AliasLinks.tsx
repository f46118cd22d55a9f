import { useInfiniteQuery } from '@tanstack/react-query'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { Badge, EmptyState } from '../../ui/index.ts'
import { ButtonLink } from '../routing/ButtonLink.tsx'
import { policyText } from '../routing/policy-text.ts'
import { routingQueries } from '../routing/routing-queries.ts'
import { useAllPages } from '../routing/use-all-pages.ts'
import { PanelSection } from '../settings/Panel.tsx'

/** The names that stand for several of the models, with the way to their policies. */
export function AliasLinks() {
  const query = useInfiniteQuery(routingQueries.aliases(useSession().workspace.id))
  useAllPages(query)
  return (
    <PanelSection
      title="Aliases"
      action={<ButtonLink to={paths.routing()}>Policies and live health</ButtonLink>}
    >
      <Loaded
        query={query}
        what="aliases"
        skeletonRows={2}
        empty={
          <EmptyState icon="branch" title="No aliases yet">
            Under Routing, one name can stand for several models, with a policy that chooses among them.
          </EmptyState>
        }
      >
        {(aliases) => (
          <ul aria-label="Aliases" className="text-13">
            {aliases.map(({ id, name, enabled, policy, problems }) => (
              <li key={id} className="flex flex-wrap items-center gap-x-3 border-b border-line py-1.5">
                <span className="font-mono font-medium break-all">{name}</span>
                {!enabled && <Badge tone="warn">off</Badge>}
                {problems.length > 0 && <Badge tone="warn">needs a look</Badge>}
                <span className="min-w-0 break-words text-muted">{policyText(policy)}</span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </PanelSection>
  )
}
