import { identityRoutes as routes, type Route, type RouteOutput, teamRoutes } from '@atrium/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Call, mount } from '#platform/http'
import { version } from '#platform/version'
import type { WithCookies } from './accounts.ts'
import { refuseKeys } from './actors.ts'
import { clientOf } from './client.ts'
import { mountDevices } from './device-api.ts'
import type { IdentityService, Services } from './service.ts'

/** Routes of the module: contract → service. */
export function api(app: FastifyInstance, { own }: IdentityService): void {
  mountFirstScreen(app, own)
  mountAccounts(app, own)
  mountDevices(app, own)
  mountPasswords(app, own)
  mountMe(app, own)
  mountSessions(app, own)
  mountInstallation(app, own)
  mountWorkspaces(app, own)
  mountMembers(app, own)
  mountInvitations(app, own)
  mountInvitationLinks(app, own)
  mountKeys(app, own)
  mountTeams(app, own)
  mountAudit(app, own)
}

function mountFirstScreen(app: FastifyInstance, { people, accounts, mailConfigured }: Services): void {
  mount(app, routes.bootstrap, async ({ caller, request, reply }) => {
    const { screen, renewalDue } = await people.firstScreen(caller)
    if (renewalDue) setCookies(reply, await accounts.renew(clientOf(request)))
    return { version, mailConfigured, ...screen }
  })
}

function mountAccounts(app: FastifyInstance, { accounts, registration }: Services): void {
  mount(app, routes.signUp, async ({ body, request, reply }) =>
    answer(reply, await registration.signUp(body, clientOf(request))),
  )
  mount(app, routes.signIn, async ({ body, request, reply }) =>
    answer(reply, await accounts.signIn(body, clientOf(request))),
  )
  mountOwn(app, routes.signOut, async ({ caller, request, reply }) => {
    setCookies(reply, await accounts.signOut(caller, clientOf(request)))
  })
}

function mountPasswords(app: FastifyInstance, { accounts }: Services): void {
  mount(app, routes.requestPasswordReset, ({ body, request }) =>
    accounts.requestPasswordReset(body.email, clientOf(request)),
  )
  mount(app, routes.resetPassword, ({ body, request }) => accounts.resetPassword(body, clientOf(request)))
  mountOwn(app, routes.requestEmailVerification, ({ caller, request }) => {
    return accounts.requestVerification(caller, clientOf(request))
  })
  mount(app, routes.verifyEmail, ({ body, request }) => accounts.verifyEmail(body.token, clientOf(request)))
}

function mountMe(app: FastifyInstance, { people, accounts }: Services): void {
  mount(app, routes.getMe, ({ caller }) => people.me(caller))
  mountOwn(app, routes.updateMe, async ({ caller, body }) => {
    return people.update(caller, body)
  })
  mountOwn(app, routes.changePassword, async ({ caller, body, request }) => {
    await accounts.changePassword(caller, body, clientOf(request))
  })
}

function mountSessions(app: FastifyInstance, { people }: Services): void {
  mountOwn(app, routes.listSessions, async ({ caller }) => {
    return { data: await people.sessions(caller) }
  })
  mountOwn(app, routes.revokeSession, async ({ caller, params }) => {
    await people.revokeSession(caller, params.sessionId)
  })
  mountOwn(app, routes.revokeOtherSessions, async ({ caller }) => {
    await people.revokeOtherSessions(caller)
  })
}

function mountInstallation(app: FastifyInstance, { installation }: Services): void {
  mountOwn(app, routes.updateInstallation, ({ caller, body, request }) =>
    installation.update(caller, body, request.ip),
  )
  mount(app, routes.listMails, ({ query }) => installation.listMails(query))
}

function mountWorkspaces(app: FastifyInstance, { workspaces, people }: Services): void {
  mountOwn(
    app,
    routes.createWorkspace,
    async ({ caller, body, request }) => workspaces.create(caller, body.name, request.ip),
    { outside: false },
  )
  mount(app, routes.listWorkspaces, async ({ caller }) => ({ data: await people.workspaces(caller) }))
  mount(app, routes.getWorkspace, ({ caller }) => workspaces.get(caller))
  mount(app, routes.updateWorkspace, ({ caller, body, request }) =>
    workspaces.update(caller, body, request.ip),
  )
}

function mountMembers(app: FastifyInstance, { workspaces }: Services): void {
  mount(app, routes.listMembers, ({ caller, query }) => workspaces.listMembers(caller, query))
  mount(app, routes.updateMember, ({ caller, params, body, request }) =>
    workspaces.changeRole(caller, params.personId, body.role, request.ip),
  )
  mount(app, routes.removeMember, ({ caller, params, request }) =>
    workspaces.removeMember(caller, params.personId, request.ip),
  )
}

function mountInvitations(app: FastifyInstance, { invitations, onceShown }: Services): void {
  mount(app, routes.listInvitations, ({ caller, query }) => invitations.list(caller, query))
  mount(
    app,
    routes.createInvitation,
    async ({ caller, body, request }) => {
      const made = await invitations.create(caller, body, request.ip)
      return { ...made, link: onceShown.seal(made.link, caller.workspaceId, made.id) }
    },
    {
      respond: async (made, { caller, reply }) => {
        await reply.code(201).send({ ...made, link: onceShown.open(made.link, caller.workspaceId, made.id) })
        return true
      },
    },
  )
  mount(app, routes.revokeInvitation, ({ caller, params, request }) =>
    invitations.revoke(caller, params.invitationId, request.ip),
  )
}

function mountInvitationLinks(app: FastifyInstance, { invitations }: Services): void {
  mount(app, routes.getInvitation, ({ params }) => invitations.offer(params.token))
  mountOwn(
    app,
    routes.acceptInvitation,
    async ({ caller, params, request }) => invitations.accept(caller, params.token, request.ip),
    { outside: false },
  )
}

function mountKeys(app: FastifyInstance, { keys, onceShown }: Services): void {
  mount(app, routes.listApiKeys, ({ caller, query }) => keys.list(caller, query))
  mount(
    app,
    routes.createApiKey,
    async ({ caller, body, request }) => {
      const made = await keys.create(caller, body, request.ip)
      return { ...made, secret: onceShown.seal(made.secret, caller.workspaceId, made.id) }
    },
    {
      respond: async (made, { caller, reply }) => {
        await reply
          .code(201)
          .send({ ...made, secret: onceShown.open(made.secret, caller.workspaceId, made.id) })
        return true
      },
    },
  )
  mount(app, routes.getApiKey, ({ caller, params }) => keys.get(caller, params.keyId))
  mount(app, routes.updateApiKey, ({ caller, params, body, request }) =>
    keys.update(caller, params.keyId, body, request.ip),
  )
  mount(
    app,
    routes.rotateApiKey,
    async ({ caller, params, body, request }) => {
      const made = await keys.rotate(caller, params.keyId, body.graceSeconds, request.ip)
      return { ...made, secret: onceShown.seal(made.secret, caller.workspaceId, made.id) }
    },
    {
      respond: async (made, { caller, reply }) => {
        await reply
          .code(201)
          .send({ ...made, secret: onceShown.open(made.secret, caller.workspaceId, made.id) })
        return true
      },
    },
  )
  mount(app, routes.revokeApiKey, ({ caller, params, request }) =>
    keys.revoke(caller, params.keyId, request.ip),
  )
}

function mountTeams(app: FastifyInstance, { teams }: Services): void {
  mount(app, teamRoutes.listTeams, ({ caller, query }) => teams.list(caller, query))
  mount(app, teamRoutes.createTeam, ({ caller, body, request }) =>
    teams.create(caller, body.name, request.ip),
  )
  mount(app, teamRoutes.getTeam, ({ caller, params }) => teams.get(caller, params.teamId))
  mount(app, teamRoutes.updateTeam, ({ caller, params, body, request }) =>
    teams.update(caller, params.teamId, body, request.ip),
  )
  mount(app, teamRoutes.listTeamMembers, ({ caller, params, query }) =>
    teams.listMembers(caller, params.teamId, query),
  )
  mount(app, teamRoutes.setTeamMember, ({ caller, params, body, request }) =>
    teams.setMember(caller, params.teamId, { ...params, ...body }, request.ip),
  )
  mount(app, teamRoutes.removeTeamMember, ({ caller, params, request }) =>
    teams.removeMember(caller, params.teamId, params.personId, request.ip),
  )
}

function mountAudit(app: FastifyInstance, { auditTrail }: Services): void {
  mount(app, routes.listAudit, ({ caller, query }) => auditTrail.list(caller, query))
  mount(app, routes.verifyAudit, ({ caller }) => auditTrail.verify(caller.workspaceId))
}

/**
 * For what concerns the person as such: API keys are refused, and an Idempotency-Key holds no transaction around
 * the ones that these operations open themselves, unless `outside` is false: they then join the key's.
 */
function mountOwn<const R extends Route>(
  app: FastifyInstance,
  route: R,
  handler: (call: Call<R>) => Promise<RouteOutput<R>>,
  { outside }: { readonly outside: boolean } = { outside: true },
): void {
  const guarded = async (call: Call<R>): Promise<RouteOutput<R>> => {
    if (call.request.caller) refuseKeys(call.request.caller)
    return handler(call)
  }
  mount(app, route, guarded, { outside })
}

function answer<T>(reply: FastifyReply, result: WithCookies<T>): T {
  setCookies(reply, result.cookies)
  return result.answer
}

function setCookies(reply: FastifyReply, cookies: readonly string[]): void {
  for (const cookie of cookies) reply.header('set-cookie', cookie)
}
