import { createSecretKey } from 'node:crypto'
import type { Keyring } from '#platform/secrets'

/**
 * Secrets that an answer shows once. The answer of an idempotent request is stored for repetitions: there the
 * secret is kept encrypted.
 */
export interface OnceShown {
  seal(secret: string, workspaceId: string, rowId: string): string
  open(sealed: string, workspaceId: string, rowId: string): string
}

export function createOnceShown(keyring: Keyring): OnceShown {
  const key = createSecretKey(keyring.derive('identity answers'))
  const purpose = 'shown once'
  return {
    seal: (secret, workspaceId, rowId) => keyring.encrypt(key, secret, { workspaceId, rowId, purpose }),
    open: (sealed, workspaceId, rowId) => keyring.decrypt(key, sealed, { workspaceId, rowId, purpose }),
  }
}
