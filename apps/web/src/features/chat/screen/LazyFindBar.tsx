import { lazyPart } from '../../../routes/lazy-part.tsx'

/** The find bar, read when it is asked for. */
export const FindBar = lazyPart(async () => (await import('./FindBar.tsx')).FindBar)
