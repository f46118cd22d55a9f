import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { AppLink, useGo } from '../../routes/links.tsx'
import { QuietPage } from '../../routes/QuietPage.tsx'
import { Badge, Button, buttonClass, Icon, type IconName, Select, Skeleton, Waiting } from '../../ui/index.ts'
import { ConnectionForm } from '../models/ConnectionForm.tsx'
import { HealthReport } from '../models/HealthReport.tsx'
import { useFirstDefault } from '../models/use-first-default.ts'
import { useConnectionActions } from '../models/use-connection-actions.ts'
import type { Connection } from '@atrium/contract'

const untestedMs = 1000
const isUntested = ({ source, health }: Connection): boolean => source !== 'built-in' && health === null

/** After the first run: three ways to get answers. */
export function Welcome() {
  const { person, workspace } = useSession()
  const connections = useInfiniteQuery({
    ...queries.connections(workspace.id),
    // A new connection is tested in the background.
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ data }) => data.some(isUntested)) ? untestedMs : false,
  })
  const ollama = connections.data?.find(({ kind, source }) => kind === 'ollama' || source === 'detected')
  const added =
    connections.data?.filter(({ source }) => source === 'person' || source === 'environment') ?? []
  const choice = useFirstDefault(connections.data?.some(({ source }) => source !== 'built-in') ?? false)
  const go = useGo()
  const enter = async () => {
    await choice.keep()
    go(paths.home())
  }
  return (
    <QuietPage
      wide
      title={`Welcome, ${person.name.split(' ')[0]}`}
      lead="Atrium is ready. Choose where answers come from. You can use all three, and change this later in Settings › Models."
    >
      <div className="grid gap-4 lg:grid-cols-3">
        <GuideCard />
        <OllamaCard connection={ollama} waiting={connections.isPending} />
        <KeyCard added={added} onConnected={choice.keepNext} />
      </div>
      {choice.options.length > 0 && (
        <section className="rounded-10 border border-accent/30 bg-accent-soft p-4">
          <Select
            label="New conversations begin with"
            hint="For everyone in this workspace. Each conversation can use another model."
            options={choice.options}
            value={choice.value}
            onValue={choice.choose}
          />
        </section>
      )}
      <div className="flex justify-end">
        <Button variant="primary" busy={choice.busy} onClick={() => void enter()}>
          Go to the workspace
        </Button>
      </div>
    </QuietPage>
  )
}

interface CardProps {
  icon: IconName
  title: string
  badge?: ReactNode
  children: ReactNode
  className?: string
}

const Card = ({ icon, title, badge, children, className = '' }: CardProps) => (
  <section className={`flex flex-col gap-3 rounded-10 border border-line bg-raised p-4 ${className}`}>
    <h2 className="flex items-center gap-2 text-16 font-semibold">
      <Icon name={icon} className="text-accent" />
      {title}
      <span className="ml-auto font-normal">{badge}</span>
    </h2>
    {children}
  </section>
)

const GuideCard = () => (
  <Card icon="book" title="Built-in guide" badge={<Badge tone="ok">ready</Badge>}>
    <p className="text-muted">
      Answers questions about Atrium from its bundled guide, offline and at no cost. It is not a language
      model, but it shows how everything works.
    </p>
    <AppLink to={paths.home()} className={`${buttonClass()} mt-auto self-start`}>
      Ask the guide
    </AppLink>
  </Card>
)

function OllamaCard({ connection, waiting }: { connection: Connection | undefined; waiting: boolean }) {
  return (
    <Card icon="network" title="Ollama" badge={connection && <Badge tone="ok">detected</Badge>}>
      {waiting && (
        <Waiting label="Looking for Ollama">
          <Skeleton className="h-10" />
        </Waiting>
      )}
      {!waiting && !connection && (
        <p className="text-muted">
          No Ollama answers on the machine that runs Atrium. Start it there, and Atrium adds it within a
          minute. If it runs on another machine, connect it as a provider and give its address.
        </p>
      )}
      {connection && <DetectedOllama connection={connection} />}
    </Card>
  )
}

function DetectedOllama({ connection }: { connection: Connection }) {
  const { test } = useConnectionActions(connection)
  const { health } = connection
  return (
    <>
      <p className="text-muted">
        Found at <span className="font-mono text-12 break-all">{connection.baseUrl}</span>. Its models run on
        your own machine; nothing leaves it.
      </p>
      {health && <HealthReport health={health} />}
      <Button
        icon="plug"
        busy={test.busy}
        className="mt-auto self-start"
        onClick={() => void test.run(undefined)}
      >
        Test
      </Button>
    </>
  )
}

function KeyCard({ added, onConnected }: { added: Connection[]; onConnected: () => void }) {
  const [open, setOpen] = useState(false)
  const failing = added.find(({ health }) => health?.ok === false)
  const working = added.filter(({ health }) => health?.ok !== false)
  return (
    <Card
      icon="key"
      title="Paste a key"
      badge={working.length > 0 && <Badge tone="ok">{`${working.length} connected`}</Badge>}
      className={open ? 'lg:order-last lg:col-span-3' : ''}
    >
      {open ? (
        <ConnectionForm
          connection={null}
          onSaved={() => {
            setOpen(false)
            onConnected()
          }}
          onCancel={() => setOpen(false)}
        />
      ) : (
        <>
          <p className="text-muted">
            {working.length > 0
              ? `Ready to use: ${[...new Set(working.map(({ name }) => name))].join(', ')}.`
              : 'Anthropic, OpenAI, Google, or any server with an OpenAI-compatible API. Keys are stored encrypted.'}
          </p>
          {failing?.health && (
            <>
              <p>
                {failing.name} does not answer yet. You can change its key and address in Settings › Models.
              </p>
              <HealthReport health={failing.health} />
            </>
          )}
          <Button icon="plus" className="mt-auto self-start" onClick={() => setOpen(true)}>
            {added.length > 0 ? 'Connect another' : 'Connect a provider'}
          </Button>
        </>
      )}
    </Card>
  )
}
