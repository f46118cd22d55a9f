import type { SearchHit } from '@atrium/contract'
import { paths } from '../../../paths.ts'
import { AppLink } from '../../../routes/links.tsx'
import { titleOf } from '../list/title.ts'
import { plainFragment } from './plain.ts'
import { snippetParts } from './snippet.ts'

const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' })

/** A conversation or a message in it; opens at the message. */
export function Hit({ hit: { conversation, messageId, snippet } }: { hit: SearchHit }) {
  const to = messageId ? paths.message(conversation.id, messageId) : paths.conversation(conversation.id)
  // A title is no Markdown.
  const text = messageId ? plainFragment(snippet) : snippet
  return (
    <li className="border-b border-line">
      <AppLink to={to} className="block rounded-6 px-2 py-2.5 hover:bg-hover">
        <span className="flex items-baseline gap-3">
          <span className="min-w-0 flex-1 truncate font-medium">{titleOf(conversation)}</span>
          {conversation.archived && <span className="text-12 text-muted">archived</span>}
          <time dateTime={conversation.updatedAt} className="text-12 text-muted tabular-nums">
            {dates.format(new Date(conversation.updatedAt))}
          </time>
        </span>
        <span className="mt-0.5 line-clamp-2 text-13 text-muted [overflow-wrap:anywhere]">
          {snippetParts(text).map(({ text, match }, index) =>
            match ? (
              // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
              <mark key={index} className="rounded-4 bg-accent-soft text-ink">
                {text}
              </mark>
            ) : (
              text
            ),
          )}
        </span>
      </AppLink>
    </li>
  )
}
