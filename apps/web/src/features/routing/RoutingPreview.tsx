import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { RoutingPreview as Preview } from '@atrium/contract'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { ApiError } from '../../api/error.ts'
import { useSession } from '../../api/session.tsx'
import { Badge, Button, ErrorState, Notice, SkeletonRows } from '../../ui/index.ts'
import { policyProblems } from './policy-problems.ts'
import { scoreText, whyText } from './policy-text.ts'
import { previewBody, type PreviewInputs, type PreviewSubject, usualInputs } from './preview-inputs.ts'
import { PreviewForm } from './PreviewForm.tsx'
import { useSettled } from './use-settled.ts'

const stillMs = 400

/** Which model a call would get now, and why; asked again whenever the policy or the imagined request changes. */
export function RoutingPreview({ subject }: { subject: PreviewSubject }) {
  const workspaceId = useSession().workspace.id
  const [inputs, setInputs] = useState<PreviewInputs>(usualInputs)
  // As text, so that equal questions are the same one.
  const asked = useSettled(JSON.stringify(previewBody(subject, inputs)), stillMs)
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: [workspaceId, 'routing-preview', asked],
    queryFn: ({ signal }) =>
      call('previewRouting', { params: { workspaceId }, body: JSON.parse(asked) }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
  })
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-3" aria-busy={isFetching}>
        {error && <Refused error={error} retry={() => void refetch()} />}
        {!error && !data && <SkeletonRows label="Trying it" />}
        {!error && data && <Outcome preview={data} tokens={inputs.inputTokens} />}
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
      <PreviewForm inputs={inputs} onInputs={setInputs} />
    </div>
  )
}

/** A policy that is not complete yet is no failure: it says what is missing. */
function Refused({ error, retry }: { error: Error; retry: () => void }) {
  if (!(error instanceof ApiError) || error.code !== 'INVALID_INPUT')
    return <ErrorState title="It could not be tried." error={error} onRetry={retry} />
  return (
    <Notice tone="warn" title="It cannot be tried yet.">
      <ul>
        {policyProblems(error).map((problem) => (
          <li key={problem} className="break-words">
            {problem}
          </li>
        ))}
      </ul>
    </Notice>
  )
}

function Outcome({ preview, tokens }: { preview: Preview; tokens: string }) {
  const { chosen, strategy, candidates } = preview
  const length = (Math.round(Number(tokens)) || 0).toLocaleString('en')
  return (
    <>
      <p>
        {chosen ? (
          <>
            {`A call of ${length} tokens would go to `}
            <span className="font-mono text-13 font-medium break-all">{chosen}</span>.
          </>
        ) : (
          'No model can be called now.'
        )}{' '}
        <span className="text-muted">{whyText(preview)}</span>
      </p>
      <ol aria-label="Candidates" className="text-13">
        {candidates.map(({ model, passedOver, score }) => (
          <li
            key={model}
            className="flex flex-wrap items-center justify-between gap-x-4 border-b border-line py-1.5"
          >
            <span className="font-mono text-12 break-all">{model}</span>
            <span className="text-muted">
              {model === chosen ? <Badge tone="accent">chosen</Badge> : (passedOver ?? 'in reserve')}
              {scoreText(strategy, score) && ` · ${scoreText(strategy, score)}`}
            </span>
          </li>
        ))}
      </ol>
    </>
  )
}
