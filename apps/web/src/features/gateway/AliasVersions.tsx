import type { Alias } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { Loaded } from '../../api/Loaded.tsx'
import { useSession } from '../../api/session.tsx'
import { useAction } from '../../api/use-action.ts'
import { formatMoment } from '../../format.ts'
import { Badge, Button, ErrorState } from '../../ui/index.ts'
import { consoleQueries } from '../keys/console-queries.ts'
import { planText } from './policy-form.ts'

/** Every version of an alias; an earlier one is brought back by one click. */
export function AliasVersions({ alias }: { alias: Alias }) {
  const { workspace, can } = useSession()
  const query = useInfiniteQuery(consoleQueries.aliasVersions(workspace.id, alias.id))
  const rollBack = useAction(
    (version: number) =>
      call('rollBackAlias', {
        params: { workspaceId: workspace.id, aliasId: alias.id },
        body: { version },
      }),
    [consoleQueries.aliases(workspace.id).queryKey],
  )
  return (
    <div className="flex flex-col gap-3">
      {rollBack.error && <ErrorState error={rollBack.error} />}
      <Loaded query={query} what="versions" empty={null}>
        {(versions) => (
          <ol aria-label="Versions">
            {versions.map(({ version, policy, note, rollbackOf, current, createdAt }) => (
              <li
                key={version}
                className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line py-2"
              >
                <div className="min-w-0 flex-[1_1_16rem]">
                  <p className="font-medium">
                    {`Version ${version} `}
                    {current && <Badge tone="accent">in force</Badge>}
                  </p>
                  <p className="text-13 break-words text-muted">{planText(policy)}</p>
                  <p className="text-12 text-muted">
                    {formatMoment(createdAt)}
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
