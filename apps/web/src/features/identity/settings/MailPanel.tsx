import type { Mail } from '@atrium/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Fragment } from 'react'
import { Loaded } from '../../../api/Loaded.tsx'
import { queries } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { formatMoment } from '../../../format.ts'
import { Badge, EmptyState, Notice } from '../../../ui/index.ts'
import { Panel } from '../../settings/Panel.tsx'

/** E-mails that the installation has written; without a mail server this is where they stay. */
export function MailPanel() {
  const { bootstrap } = useSession()
  const query = useInfiniteQuery(queries.mails())
  return (
    <Panel title="Mail outbox" lead="E-mails that Atrium has written, newest first.">
      {!bootstrap.mailConfigured && (
        <Notice title="No mail server is set up">
          Until then, e-mails stay here. Their links work, so you can open one and pass it on.
        </Notice>
      )}
      <Loaded
        query={query}
        what="mails"
        empty={<EmptyState icon="mail" title="No mail has been written yet" />}
      >
        {(mails) => (
          <ul>
            {mails.map((mail) => (
              <MailEntry key={mail.id} mail={mail} />
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  )
}

function MailEntry({ mail }: { mail: Mail }) {
  return (
    <li className="border-b border-line">
      <details className="group">
        <summary className="flex flex-wrap items-center gap-x-3 gap-y-0.5 rounded-6 py-2.5">
          <span className="min-w-0 flex-1 basis-60 font-medium break-words">{mail.subject}</span>
          <Badge tone={mail.sent ? 'ok' : 'neutral'}>{mail.sent ? 'sent' : 'not sent'}</Badge>
          <span className="w-full text-13 break-all text-muted">
            to {mail.to} · {formatMoment(mail.createdAt)}
          </span>
        </summary>
        <div className="mb-3 rounded-6 border border-line bg-sunken px-3 py-2.5 break-words whitespace-pre-wrap">
          <WithLinks text={mail.text} />
        </div>
      </details>
    </li>
  )
}

const link = /(https?:\/\/[^\s<>"]+)/

/** Plain text whose addresses can be followed. */
function WithLinks({ text }: { text: string }) {
  return text.split(link).map((part, index) =>
    link.test(part) ? (
      // The parts of a text do not change places.
      // oxlint-disable-next-line react/no-array-index-key
      <a key={index} href={part} className="break-all text-accent underline underline-offset-2">
        {part}
      </a>
    ) : (
      // oxlint-disable-next-line react/no-array-index-key -- their place is their identity
      <Fragment key={index}>{part}</Fragment>
    ),
  )
}
