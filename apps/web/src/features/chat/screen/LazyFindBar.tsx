import { lazyPart } from '../../../routes/lazy-part.tsx'

const read = () => import('./FindBar.tsx')

/** The find bar, read when it is asked for. */
export const FindBar = lazyPart(async () => (await read()).FindBar)

/** Reads it ahead, so that what is typed right after its shortcut is not lost. */
export const readFindBar = (): void => void read().catch(() => undefined)
