import { lazyPart } from '../../../routes/lazy-part.tsx'

/** The edit form, read when a message is first changed. */
export const EditForm = lazyPart(async () => (await import('./EditForm.tsx')).EditForm)
