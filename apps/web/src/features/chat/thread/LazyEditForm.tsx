import { lazyPart } from '../../../routes/lazy-part.tsx'

const read = () => import('./EditForm.tsx')

/** The edit form, a file of its own. */
export const EditForm = lazyPart(async () => (await read()).EditForm)

/** Reads it ahead, so that what is typed right after asking for it is not lost. */
export const readEditForm = (): void => void read().catch(() => undefined)
