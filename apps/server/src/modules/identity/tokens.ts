import { hash, randomBytes } from 'node:crypto'

/** A secret of 256 random bits as text; stored by its hash only. */
export const mintToken = (prefix = ''): string => prefix + randomBytes(32).toString('base64url')

/** How a token is stored: nothing slower is needed, since it cannot be guessed. */
export const hashToken = (token: string): Buffer => hash('sha256', token, 'buffer')

export const keyPrefix = 'atr_'

/** How much of a key stays readable. */
export const shownPrefix = (key: string): string => key.slice(0, keyPrefix.length + 8)
