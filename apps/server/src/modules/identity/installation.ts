import type { Bootstrap, Mail } from '@atrium/contract'
import { z } from 'zod'
import type { Database } from '#platform/db'
import { type Caller, decodeCursor, paginate } from '#platform/http'
import { actorOf } from './actors.ts'
import type { Audit } from './audit.ts'
import { findInstallation, setRegistration } from './store/installation.ts'
import { readMails } from './views/mails.ts'
import type { Page, PageQuery } from './workspaces.ts'

/** What the operator decides and sees. */
export interface Installation {
  setRegistration(
    caller: Caller,
    registration: Bootstrap['registration'],
    address: string,
  ): Promise<{ registration: Bootstrap['registration'] }>
  listMails(query: PageQuery): Promise<Page<Mail>>
}

export function createInstallation(db: Database, audit: Audit): Installation {
  return {
    setRegistration: async (caller, registration, address) => {
      const installation = await db.transaction(findInstallation)
      // Only an operator comes here, and the first one was made together with the installation.
      if (!installation) throw new Error('there is an operator but no installation')
      const { defaultWorkspaceId: workspaceId } = installation
      await db.withWorkspace(workspaceId, async (tx) => {
        await setRegistration(tx, registration)
        await audit.record(tx, {
          workspaceId,
          actor: actorOf(caller),
          action: 'installation.registration-changed',
          details: { before: installation.registration, after: registration },
          address,
        })
      })
      return { registration }
    },
    listMails: async ({ limit, cursor }) => {
      const before = cursor === undefined ? null : decodeCursor(cursor, z.uuid())[0]
      const list = await db.transaction((tx) => readMails(tx, limit + 1, before))
      return paginate(list, limit, ({ id }) => [id])
    },
  }
}
