import type { RouteInput, TelemetrySettings, traceRoutes } from '@atrium/contract'
import { actorOf, type Identity } from '#modules/identity'
import type { Database, Tx } from '#platform/db'
import type { Member } from '#platform/http'
import { readRetention, writeRetention, type RetentionDays } from './retention-store.ts'

type Change = RouteInput<typeof traceRoutes.updateTelemetrySettings>['body']

/** What a workspace has chosen for its telemetry. */
export interface Settings {
  read(workspaceId: string): Promise<TelemetrySettings>
  update(origin: { member: Member; address: string | null }, change: Change): Promise<TelemetrySettings>
}

/** For how long telemetry is kept of those who have not chosen. */
export const keptByDefault: RetentionDays = { traces: 30, logs: 30, metrics: 30 }

export function createSettings({ db, identity }: { db: Database; identity: Identity }): Settings {
  return {
    read: (workspaceId) => db.readWorkspace(workspaceId, settingsOf),
    update: ({ member, address }, { retentionDays }) =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        const { workspaceId } = member
        const { retentionDays: before } = await settingsOf(tx)
        const { traces, logs, metrics } = retentionDays
        const settings = {
          retentionDays: {
            traces: traces ?? before.traces,
            logs: logs ?? before.logs,
            metrics: metrics ?? before.metrics,
          },
        }
        await writeRetention(tx, workspaceId, settings.retentionDays)
        await identity.audit(tx, {
          workspaceId,
          actor: actorOf(member),
          action: 'telemetry-settings.changed',
          target: { kind: 'workspace', id: workspaceId },
          details: settings,
          address,
        })
        return settings
      }),
  }
}

async function settingsOf(tx: Tx): Promise<TelemetrySettings> {
  return { retentionDays: (await readRetention(tx)) ?? keptByDefault }
}
