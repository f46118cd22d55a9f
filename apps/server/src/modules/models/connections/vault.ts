import { Secret } from '#platform/config'
import type { Tx } from '#platform/db'
import type { DataKey, Keyring } from '#platform/secrets'
import { keepDataKey, readDataKey, rewrapDataKey } from '../store.ts'

/** Seals and opens the keys of connections. */
export interface Vault {
  seal(tx: Tx, workspaceId: string, connectionId: string, apiKey: string): Promise<string>
  /** @throws {SecretError} when the stored key does not belong here or was sealed by another master secret */
  open(tx: Tx, workspaceId: string, connectionId: string, sealed: string): Promise<Secret>
}

const purpose = 'connection-key'
const mostKept = 1000

/** Data keys of workspaces are made on first use, and wrapped anew when the master secret has changed. */
export function createVault(keyring: Keyring): Vault {
  const kept = new Map<string, DataKey>()

  const keep = (workspaceId: string, dataKey: DataKey): DataKey => {
    if (kept.size >= mostKept) kept.delete(kept.keys().next().value ?? '')
    kept.set(workspaceId, dataKey)
    return dataKey
  }

  const unwrap = async (tx: Tx, workspaceId: string, wrapped: string): Promise<DataKey> => {
    const dataKey = keyring.unwrapDataKey(wrapped, workspaceId)
    if (keyring.isOutdated(wrapped)) {
      await rewrapDataKey(tx, workspaceId, wrapped, keyring.wrapDataKey(dataKey, workspaceId))
    }
    return dataKey
  }

  return {
    seal: async (tx, workspaceId, connectionId, apiKey) => {
      // Not kept: the transaction that makes the data key may still fail.
      const wrapped = await keepDataKey(
        tx,
        workspaceId,
        keyring.wrapDataKey(keyring.newDataKey(), workspaceId),
      )
      const dataKey = await unwrap(tx, workspaceId, wrapped)
      return keyring.encrypt(dataKey, apiKey, { workspaceId, rowId: connectionId, purpose })
    },
    open: async (tx, workspaceId, connectionId, sealed) => {
      const known = kept.get(workspaceId)
      const dataKey =
        known ?? keep(workspaceId, await unwrap(tx, workspaceId, (await readDataKey(tx, workspaceId)) ?? ''))
      return new Secret(keyring.decrypt(dataKey, sealed, { workspaceId, rowId: connectionId, purpose }))
    },
  }
}
