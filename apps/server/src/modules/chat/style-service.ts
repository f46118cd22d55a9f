import type { RouteInput, chatRoutes } from '@atrium/contract'
import type { Clock } from '#platform/clock'
import type { Database } from '#platform/db'
import { AppError } from '#platform/errors'
import type { Member } from '#platform/http'
import { chatErrors } from './errors.ts'
import { deleteStyle, insertStyle, listStyles, styleLimit, updateStyle } from './style-store.ts'
import { presets } from './styles.ts'

type Body<Name extends keyof typeof chatRoutes> = RouteInput<(typeof chatRoutes)[Name]>['body']

/** Custom styles of a person, beside the presets. */
export function createStyles({ db, clock }: { db: Database; clock: Clock }) {
  return {
    list: async (member: Member) => ({
      data: [
        ...presets,
        ...(await db.withWorkspace(member.workspaceId, (tx) => listStyles(tx, member.personId))),
      ],
    }),
    create: (member: Member, body: Body<'createStyle'>) =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        if ((await listStyles(tx, member.personId)).length >= styleLimit) {
          throw new AppError('QUOTA_EXCEEDED', `There are ${styleLimit} styles already.`)
        }
        return insertStyle(tx, {
          ...body,
          id: clock.uuid(),
          workspaceId: member.workspaceId,
          personId: member.personId,
        })
      }),
    update: (member: Member, id: string, body: Body<'updateStyle'>) =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        const style = await updateStyle(tx, member.personId, id, body)
        if (!style) throw chatErrors.styleMissing()
        return style
      }),
    remove: (member: Member, id: string) =>
      db.withWorkspace(member.workspaceId, async (tx) => {
        if (!(await deleteStyle(tx, member.personId, id))) throw chatErrors.styleMissing()
      }),
  }
}
