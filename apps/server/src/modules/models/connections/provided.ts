import type { ConnectionKind } from '@atrium/contract'
import { systemActor, type Identity } from '#modules/identity'
import type { ServerConfig } from '#platform/config'
import type { Tx } from '#platform/db'
import type { Keyring } from '#platform/secrets'
import { modelsChanged } from '../router/resolver.ts'
import { insertConnection, insertProvision, lockProvision, lockSlugs, updateConnection } from '../store.ts'
import { readConnection } from '../views.ts'
import { baseUrlOf, freeSlug } from './address.ts'
import { factsOfKind, localOllamaUrl } from './kinds.ts'
import type { RefreshParts } from './refresh.ts'

/** A connection that nobody had to ask for. */
export interface Provided {
  /** Names the provision, so that it is made once. */
  readonly what: string
  readonly kind: ConnectionKind
  readonly baseUrl: string
  readonly apiKey: string | null
  readonly source: 'environment' | 'detected'
}

export interface ProvideParts extends RefreshParts {
  readonly keyring: Keyring
  readonly identity: Identity
}

/** The local Ollama, once it has answered. */
export const detectedOllama: Provided = {
  what: 'detected',
  kind: 'ollama',
  baseUrl: localOllamaUrl,
  apiKey: null,
  source: 'detected',
}

/** What the operator's settings name. */
export function fromEnvironment({ providers }: ServerConfig): Provided[] {
  const keyed: (readonly [ConnectionKind, keyof typeof providers])[] = [
    ['anthropic', 'anthropic'],
    ['openai', 'openai'],
    ['google', 'gemini'],
  ]
  const found: Provided[] = []
  for (const [kind, name] of keyed) {
    const provider = providers[name]
    if (!provider || !('apiKey' in provider) || !provider.apiKey) continue
    const baseUrl = baseUrlOf(kind, provider.baseUrl ?? undefined)
    found.push({ what: name, kind, baseUrl, apiKey: provider.apiKey.reveal(), source: 'environment' })
  }
  const { ollama } = providers
  if (ollama)
    found.push({
      what: 'ollama',
      kind: 'ollama',
      baseUrl: baseUrlOf('ollama', ollama.baseUrl),
      apiKey: null,
      source: 'environment',
    })
  return found
}

/**
 * Makes a provided connection, or brings it up to date when the environment has changed. What a person has deleted or
 * taken in hand stays as it is. Gives the id of a connection whose models are to be read.
 */
export async function provide(
  parts: ProvideParts,
  tx: Tx,
  workspaceId: string,
  one: Provided,
): Promise<string | null> {
  const { vault, keyring } = parts
  const fingerprint = keyring.sign('models.provision', JSON.stringify([one.baseUrl, one.apiKey]))
  const before = await lockProvision(tx, workspaceId, one.what)
  if (before?.fingerprint === fingerprint) return null
  if (!before) {
    const connectionId = await make(parts, tx, workspaceId, one)
    await insertProvision(tx, { workspaceId, what: one.what, fingerprint, connectionId })
    return connectionId
  }
  await insertProvision(tx, { ...before, fingerprint })
  const { connectionId } = before
  const row =
    connectionId === null ? undefined : await readConnection(tx, workspaceId, connectionId, 'locked')
  if (row?.source !== 'environment') return null
  const sealedKey = one.apiKey === null ? null : await vault.seal(tx, workspaceId, row.id, one.apiKey)
  await updateConnection(tx, workspaceId, row.id, { baseUrl: one.baseUrl, sealedKey })
  await tell(parts, tx, workspaceId, row, 'connection.updated', one)
  return row.id
}

async function make(parts: ProvideParts, tx: Tx, workspaceId: string, one: Provided): Promise<string> {
  const { label, slug } = factsOfKind(one.kind)
  const { kind, baseUrl, source } = one
  const id = parts.clock.uuid()
  const sealedKey = one.apiKey === null ? null : await parts.vault.seal(tx, workspaceId, id, one.apiKey)
  const free = freeSlug(slug, await lockSlugs(tx, workspaceId, slug))
  await insertConnection(tx, { workspaceId, id, name: label, slug: free, kind, baseUrl, sealedKey, source })
  await tell(parts, tx, workspaceId, { id, name: label }, 'connection.created', one)
  return id
}

async function tell(
  { identity, bus }: ProvideParts,
  tx: Tx,
  workspaceId: string,
  { id, name }: { readonly id: string; readonly name: string },
  action: string,
  { kind, baseUrl, source }: Provided,
): Promise<void> {
  await identity.audit(tx, {
    workspaceId,
    actor: systemActor,
    action,
    target: { kind: 'connection', id },
    details: { name, kind, baseUrl, source },
  })
  await bus.publish(tx, modelsChanged, { workspaceId })
}
