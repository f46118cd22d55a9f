import type { Mail } from '@atrium/contract'
import { z } from 'zod'
import type { Database } from '#platform/db'
import { type Caller, decodeCursor, paginate } from '#platform/http'
import { actorOf } from './actors.ts'
import type { Audit } from './audit.ts'
import { findInstallation, type InstallationSettings, updateInstallation } from './store/installation.ts'
import { readMails } from './views/mails.ts'
import type { Page, PageQuery } from './workspaces.ts'

export type InstallationChange = {
  readonly [Name in keyof InstallationSettings]?: InstallationSettings[Name] | undefined
}

const actions = [
  ['registration', 'installation.registration-changed'],
  ['workspaceCreation', 'installation.workspace-creation-changed'],
] as const

/** What the operator decides and sees. */
export interface Installation {
  /** Changes what is given. */
  update(caller: Caller, change: InstallationChange, address: string): Promise<InstallationSettings>
  listMails(query: PageQuery): Promise<Page<Mail>>
}

export function createInstallation(db: Database, audit: Audit): Installation {
  return {
    update: async (caller, change, address) => {
      const installation = await db.transaction(findInstallation)
      // Only an operator comes here, and the first one was made together with the installation.
      if (!installation) throw new Error('there is an operator but no installation')
      const { defaultWorkspaceId: workspaceId, ...before } = installation
      const { registration = before.registration, workspaceCreation = before.workspaceCreation } = change
      const after = { registration, workspaceCreation }
      await db.withWorkspace(workspaceId, async (tx) => {
        await updateInstallation(tx, after)
        for (const [name, action] of actions) {
          if (change[name] === undefined) continue
          const details = { before: before[name], after: after[name] }
          await audit.record(tx, { workspaceId, actor: actorOf(caller), action, details, address })
        }
      })
      return after
    },
    listMails: async ({ limit, cursor }) => {
      const before = cursor === undefined ? null : decodeCursor(cursor, z.uuid())[0]
      const list = await db.transaction((tx) => readMails(tx, limit + 1, before))
      return paginate(list, limit, ({ id }) => [id])
    },
  }
}
