import type { Message } from '@atrium/contract'
import { memo } from 'react'
import { FileView } from '../../files/FileView.tsx'
import { plainText } from '../runs/answer-parts.ts'
import { EditForm } from './LazyEditForm.tsx'
import { Spine } from './Spine.tsx'
import { useThread } from './thread-context.ts'
import { UserActions } from './TurnActions.tsx'
import { UserText } from './UserText.tsx'

interface UserTurnProps {
  message: Message
  last: boolean
}

/** What a person wrote, exactly as they wrote it. */
export const UserTurn = memo(function UserTurn({ message, last }: UserTurnProps) {
  const { workspaceId, editingId } = useThread()
  const files = message.content.filter((part) => part.type === 'file')
  const text = plainText(message.content)
  return (
    <article aria-label="Your message" className="group relative py-2 pl-5 max-sm:pl-4">
      <Spine author="user" model={null} status={message.status} forked={message.siblings.count > 1} />
      <h2 className="sr-only">You wrote</h2>
      {editingId === message.id ? (
        <EditForm message={message} />
      ) : (
        <>
          <div className="flex w-fit max-w-full flex-col gap-2 rounded-10 bg-sunken px-4 py-2.5">
            {files.length > 0 && (
              <div className="flex flex-wrap gap-2">
                {files.map((file) => (
                  <FileView key={file.fileId} workspaceId={workspaceId} {...file} />
                ))}
              </div>
            )}
            {text && <UserText text={text} />}
          </div>
          <UserActions message={message} last={last} />
        </>
      )}
    </article>
  )
})
