import type { KeyLimits, RateLimits } from '@atrium/contract'
import { actorOf, type Identity } from '#modules/identity'
import type { Bus } from '#platform/bus'
import type { Database } from '#platform/db'
import type { Member } from '#platform/http'
import { noRates, ratesChanged } from './rates.ts'
import { lockSettings, readSettings, writeSettings } from './store.ts'

type SomeLimits = { readonly [Name in keyof KeyLimits]?: KeyLimits[Name] | undefined }

/** What is left out stays; null removes a limit. */
export interface RateLimitChange {
  readonly workspace?: SomeLimits | undefined
  readonly person?: SomeLimits | undefined
}

/** Reading and changing the limits of a workspace and of the people in it. */
export interface Settings {
  read(workspaceId: string): Promise<RateLimits>
  update(member: Member, change: RateLimitChange, address: string): Promise<RateLimits>
}

export interface SettingsParts {
  readonly db: Database
  readonly bus: Bus
  readonly identity: Identity
}

export function createSettings({ db, bus, identity }: SettingsParts): Settings {
  return {
    read: (workspaceId) =>
      db.readWorkspace(workspaceId, async (tx) => (await readSettings(tx, workspaceId)) ?? noRates),

    update: (member, change, address) =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        const { workspaceId } = member
        await lockSettings(tx, workspaceId)
        const before = (await readSettings(tx, workspaceId)) ?? noRates
        const after = {
          workspace: withChange(before.workspace, change.workspace),
          person: withChange(before.person, change.person),
        }
        await writeSettings(tx, workspaceId, after)
        await identity.audit(tx, {
          workspaceId,
          actor: actorOf(member),
          action: 'rate-limits.updated',
          target: { kind: 'workspace', id: workspaceId },
          details: { before, after },
          address,
        })
        await bus.publish(tx, ratesChanged, { workspaceId })
        return after
      }),
  }
}

function withChange(before: KeyLimits, change: SomeLimits = {}): KeyLimits {
  const { rpm = before.rpm, tpm = before.tpm, concurrency = before.concurrency } = change
  return { rpm, tpm, concurrency }
}
