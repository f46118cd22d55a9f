import type { Alias } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { keys } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { formatMoment } from '../../format.ts'
import { Badge, Button, ErrorState } from '../../ui/index.ts'
import { routingQueries } from './routing-queries.ts'
import { policyText } from './policy-text.ts'
import { useChoices } from './use-choices.ts'

/** Every version of an alias; an earlier one is brought back by one click. */
export function AliasVersions({ alias }: { alias: Alias }) {
  const { workspace, can } = useSession()
  const query = useInfiniteQuery(routingQueries.versions(workspace.id, alias.id))
  const { people } = useChoices()
  const authorOf = (id: string | null) =>
    people.find(({ value }) => value === id)?.label ?? 'somebody who left'
  const rollBack = useAction(
    (version: number) =>
      call('rollBackAlias', {
        params: { workspaceId: workspace.id, aliasId: alias.id },
        body: { version },
      }),
    [routingQueries.aliases(workspace.id).queryKey, keys.models(workspace.id)],
  )
  return (
    <div className="flex flex-col gap-3">
      {rollBack.error && <ErrorState error={rollBack.error} />}
      <Loaded query={query} what="versions" empty={null}>
        {(versions) => (
          <ol aria-label="Versions">
            {versions.map(({ version, policy, authorId, note, rollbackOf, current, createdAt }) => (
              <li
                key={version}
                className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line py-2"
              >
                <div className="min-w-0 flex-[1_1_16rem]">
                  <p className="font-medium">
                    {`Version ${version} `}
                    {current && <Badge tone="accent">in force</Badge>}
                  </p>
                  <p className="text-13 break-words text-muted">{policyText(policy)}</p>
                  <p className="text-12 text-muted">
                    {`${formatMoment(createdAt)} · ${authorOf(authorId)}`}
                    {rollbackOf !== null && ` · brings back version ${rollbackOf}`}
                    {note && ` · ${note}`}
                  </p>
                </div>
                {!current && can('model:manage') && (
                  <Button
                    size="sm"
                    icon="undo"
                    busy={rollBack.input === version}
                    onClick={() => void rollBack.run(version)}
                  >
                    {`Roll back to ${version}`}
                  </Button>
                )}
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </div>
  )
}
