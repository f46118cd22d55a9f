import type { IncomingHttpHeaders } from 'node:http'
import type { Identity } from '#modules/identity'
import { traceErrors } from './errors.ts'
import type { Sender } from './intake.ts'

/** Who sends, by API key: as a bearer token or in `x-api-key`. @throws AppError 401, 403 */
export async function senderOf({ gatekeeper }: Identity, headers: IncomingHttpHeaders): Promise<Sender> {
  const caller = await gatekeeper.authenticate({ headers })
  if (!caller) throw traceErrors.unknownCaller()
  if (caller.kind !== 'key' || caller.workspaceId === null) throw traceErrors.keyNeeded()
  const member = await gatekeeper.admit({ headers }, caller.workspaceId)
  if (!member) throw traceErrors.unknownCaller()
  if (!member.permissions.has('telemetry:write')) throw traceErrors.notAllowed()
  return { workspaceId: member.workspaceId, senderId: member.credentialId }
}
