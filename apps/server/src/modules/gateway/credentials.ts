import type { IncomingMessage } from 'node:http'
import type { Identity } from '#modules/identity'
import type { Member, Shown } from '#platform/http'
import { gatewayErrors } from './errors.ts'

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Who calls: by an API key in the place where some SDK puts it (`Authorization`, `x-api-key`, `x-goog-api-key`, `?key=`),
 * or by a browser session, which names its workspace. The workspace of a key is the key's.
 * @throws AppError 401 without a valid credential, 400 for two different ones, 403 without `gateway:call`
 */
export async function memberOf(identity: Identity, request: IncomingMessage, query: string): Promise<Member> {
  const shown = shownBy(request, query)
  const caller = await identity.gatekeeper.authenticate(shown)
  if (!caller) throw gatewayErrors.unknownCaller()
  const workspaceId = caller.workspaceId ?? request.headers['x-atrium-workspace']
  if (typeof workspaceId !== 'string' || !idForm.test(workspaceId)) throw gatewayErrors.workspaceNeeded()
  // Who holds a key was proven to be a member together with the key.
  const member = isMember(caller) ? caller : await identity.gatekeeper.admit(shown, workspaceId)
  if (!member) throw gatewayErrors.unknownCaller()
  if (!member.permissions.has('gateway:call')) throw gatewayErrors.notAllowed(member.kind)
  return member
}

const isMember = (caller: object): caller is Member => 'permissions' in caller

function shownBy(request: IncomingMessage, query: string): Shown {
  const { headers } = request
  refuseRepeated(request.rawHeaders)
  const google = headers['x-goog-api-key']
  const inQuery = query.includes('key=') ? new URLSearchParams(query).getAll('key') : []
  const otherKeys = typeof google === 'string' ? [google, ...inQuery] : inQuery
  return otherKeys.length === 0 ? { headers } : { headers, otherKeys }
}

const once: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'x-goog-api-key'])

/** Node keeps the first of some repeated headers and joins others: neither may decide whose key counts. */
function refuseRepeated(rawHeaders: readonly string[]): void {
  let seen = ''
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const { length } = rawHeaders[index] ?? ''
    if (length !== 13 && length !== 9 && length !== 14) continue
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    if (!once.has(name)) continue
    if (seen.includes(`${name},`)) throw gatewayErrors.twoCredentials()
    seen += `${name},`
  }
}
