import { dirname } from 'node:path'

/** The repository's root folder. */
export const repository = dirname(dirname(import.meta.dirname))
