import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { call } from '../../api/client.ts'
import { keys, paged } from '../../api/queries.ts'
import { useSession } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { Button, EmptyState, ErrorState, Icon, IconButton, SkeletonRows, useTitle } from '../../ui/index.ts'
import { Hit } from './search/Hit.tsx'

const DEBOUNCE_MS = 200
const MAX_QUERY = 200

/** Search over titles and messages. */
export function SearchScreen() {
  const { q = '' } = useSearch({ strict: false })
  const navigate = useNavigate()
  const [text, setText] = useState(q)
  const field = useRef<HTMLInputElement>(null)
  useTitle('Search')
  useEffect(() => field.current?.focus(), [])
  const clear = () => {
    setText('')
    field.current?.focus()
  }
  useEffect(() => {
    if (text.trim() === q) return undefined
    const timer = setTimeout(
      () => void navigate({ href: paths.search(text.trim()), replace: true }),
      DEBOUNCE_MS,
    )
    return () => clearTimeout(timer)
  }, [text, q, navigate])
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto max-w-[46rem] px-4 py-6">
        <h1 className="text-20 font-medium">Search</h1>
        <search className="mt-3 flex h-10 items-center gap-2 rounded-6 border border-line-strong bg-raised pr-1 pl-3 focus-within:border-accent pointer-coarse:h-12">
          <Icon name="search" className="text-muted" />
          <input
            ref={field}
            type="search"
            aria-label="Search titles and messages"
            placeholder="Search titles and messages"
            maxLength={MAX_QUERY}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="min-w-0 flex-1 bg-transparent outline-none pointer-coarse:text-16"
          />
          {text !== '' && <IconButton icon="close" label="Clear the search" onClick={clear} />}
        </search>
        <div className="mt-4">{q === '' ? <Beginning /> : <Hits q={q} />}</div>
      </div>
    </div>
  )
}

const Beginning = () => (
  <EmptyState icon="search" title="Find anything you or a model wrote">
    This searches the titles and messages of all your conversations, including archived ones.
  </EmptyState>
)

function Hits({ q }: { q: string }) {
  const { workspace } = useSession()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isPlaceholderData } =
    useInfiniteQuery({
      ...paged(keys.search(workspace.id, q), (query, signal) =>
        call('search', { params: { workspaceId: workspace.id }, query: { ...query, q } }, { signal }),
      ),
      placeholderData: (known) => known,
    })
  if (!data && error) {
    return <ErrorState title="The search failed." error={error} onRetry={() => void refetch()} />
  }
  if (!data) return <SkeletonRows label="Searching" />
  if (data.length === 0) {
    return <EmptyState title={`Nothing found for “${q}”`}>Try fewer or different words.</EmptyState>
  }
  return (
    <>
      <ul aria-label="Results" className={isPlaceholderData ? 'opacity-60' : ''}>
        {data.map((hit) => (
          <Hit key={`${hit.conversation.id} ${hit.messageId ?? ''}`} hit={hit} />
        ))}
      </ul>
      {hasNextPage && (
        <Button className="mt-4" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  )
}
