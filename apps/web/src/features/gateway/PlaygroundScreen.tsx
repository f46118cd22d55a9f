import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { lazyPart } from '../../routes/lazy-part.tsx'
import { Button, CopyButton, ErrorState, Notice, Select, SkeletonRows, TextArea } from '../../ui/index.ts'
import { PanelSection } from '../settings/Panel.tsx'
import { ConsolePage } from './ConsolePage.tsx'
import { type CodeKind, codeKinds, codeOf, type PlaygroundRequest } from './request-code.ts'
import { type Completion, useCompletion } from './use-completion.ts'

const Markdown = lazyPart(async () => (await import('../chat/markdown/Markdown.tsx')).Markdown, {
  Waiting: PlainText,
  Failed: PlainText,
})

/** Tries a model through the gateway, and shows the same request as code. */
export function PlaygroundScreen() {
  const { workspace } = useSession()
  const { data, error, refetch } = useQuery(queries.models(workspace.id))
  const { model } = useSearch({ strict: false })
  const ids = data?.map(({ id }) => id)
  const first = [model, workspace.defaultModel, ids?.[0]].find((id) => id && ids?.includes(id)) ?? ''
  return (
    <ConsolePage
      title="Playground"
      lead="One call through the gateway. It is routed, limited and paid like any other."
    >
      {error && (
        <ErrorState title="The models could not be read." error={error} onRetry={() => void refetch()} />
      )}
      {!ids && !error && <SkeletonRows label="Reading the models" />}
      {ids && <Playground models={ids} first={first} />}
    </ConsolePage>
  )
}

function Playground({ models, first }: { models: readonly string[]; first: string }) {
  const [request, setRequest] = useState<PlaygroundRequest>({ model: first, system: '', message: '' })
  const change = (changes: Partial<PlaygroundRequest>) => setRequest((now) => ({ ...now, ...changes }))
  const completion = useCompletion()
  const isReady = request.model !== '' && request.message.trim() !== ''
  return (
    <div className="grid gap-8 lg:grid-cols-2">
      <form
        className="flex min-w-0 flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady && !completion.busy) completion.start(request)
        }}
      >
        <Select
          label="Model or alias"
          options={models.map((id) => ({ value: id, label: id }))}
          value={request.model}
          onValue={(model) => change({ model })}
        />
        <TextArea
          label="System"
          rows={2}
          value={request.system}
          onChange={(event) => change({ system: event.target.value })}
        />
        <TextArea
          label="Message"
          rows={5}
          value={request.message}
          onChange={(event) => change({ message: event.target.value })}
        />
        <div className="flex justify-end">
          {completion.busy ? (
            <Button icon="stop" onClick={completion.stop}>
              Stop
            </Button>
          ) : (
            <Button type="submit" variant="primary" icon="play" disabled={!isReady}>
              Run
            </Button>
          )}
        </div>
        <Answer completion={completion} />
      </form>
      <Code request={request} />
    </div>
  )
}

function Answer({ completion: { text, problem, busy, facts } }: { completion: Completion }) {
  return (
    <section aria-label="Answer" aria-busy={busy} className="flex min-w-0 flex-col gap-2">
      {problem && <Notice tone="danger">{problem}</Notice>}
      {(text !== '' || busy) && (
        <div className="min-h-20 rounded-6 border border-line bg-raised p-3">
          <Markdown text={text} streaming={busy} />
        </div>
      )}
      {facts && (
        <p className="text-12 break-all text-muted">
          {[facts.fidelity && `fidelity ${facts.fidelity}`, facts.requestId].filter(Boolean).join(' · ')}
        </p>
      )}
    </section>
  )
}

function PlainText({ text }: { text: string }) {
  return <p className="text-prose break-words whitespace-pre-wrap">{text}</p>
}

function Code({ request }: { request: PlaygroundRequest }) {
  const [kind, setKind] = useState<CodeKind>('curl')
  const code = codeOf(kind, { ...request, message: request.message || 'Hello' }, location.origin)
  return (
    <div className="min-w-0">
      <PanelSection
        title="The same as code"
        action={
          <div className="flex items-center gap-1">
            <Select
              label="Code for"
              hideLabel
              className="w-44"
              options={codeKinds}
              value={kind}
              onValue={setKind}
            />
            <CopyButton text={code} label="Copy the code" />
          </div>
        }
      >
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls */}
        <pre tabIndex={0} className="max-h-140 overflow-auto rounded-6 bg-sunken p-3 font-mono text-12">
          {code}
        </pre>
      </PanelSection>
    </div>
  )
}
