import type { Message } from '@atrium/contract'
import { lazy, Suspense } from 'react'

const Form = lazy(() => import('./EditForm.tsx').then((all) => ({ default: all.EditForm })))

/** The edit form, read when a message is first changed. */
export const EditForm = ({ message }: { message: Message }) => (
  <Suspense>
    <Form message={message} />
  </Suspense>
)
