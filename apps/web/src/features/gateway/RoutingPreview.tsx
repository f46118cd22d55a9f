import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { useSession } from '../../api/session.tsx'
import { Badge, Button, ErrorState, SkeletonRows } from '../../ui/index.ts'

/** What a call would choose now, and why. */
export function RoutingPreview({ model }: { model: string }) {
  const workspaceId = useSession().workspace.id
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: [workspaceId, 'routing-preview', model],
    queryFn: ({ signal }) => call('previewRouting', { params: { workspaceId }, body: { model } }, { signal }),
    gcTime: 0,
  })
  if (error) return <ErrorState title="It could not be tried." error={error} onRetry={() => void refetch()} />
  if (!data) return <SkeletonRows label="Trying it" />
  return (
    <div className="flex flex-col gap-3">
      <p>
        {data.chosen ? (
          <>
            A call of 1,000 tokens would go to{' '}
            <span className="font-mono text-13 break-all">{data.chosen}</span>.
          </>
        ) : (
          'No model can be called now.'
        )}{' '}
        <span className="text-muted">
          {`Strategy ${data.strategy}${data.rule ? `, rule “${data.rule}”` : ''}${data.variant ? `, variant “${data.variant}”` : ''}.`}
        </span>
      </p>
      <ol aria-label="Candidates" className="text-13">
        {data.candidates.map((candidate) => (
          <li
            key={candidate.model}
            className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line py-1.5"
          >
            <span className="font-mono text-12 break-all">{candidate.model}</span>
            <span className="text-muted">
              {candidate.model === data.chosen ? (
                <Badge tone="accent">chosen</Badge>
              ) : (
                (candidate.passedOver ?? 'in reserve')
              )}
              {candidate.score !== null && ` · ${Math.round(candidate.score * 100) / 100}`}
            </span>
          </li>
        ))}
      </ol>
      <Button
        size="sm"
        icon="refresh"
        busy={isFetching}
        className="self-start"
        onClick={() => void refetch()}
      >
        Try again
      </Button>
    </div>
  )
}
