import { z } from 'zod'
import { id, line, page, pageQuery, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'

/** Leads may add and remove members of their team; admins of the workspace may do so in every team. */
export const teamRole = z.enum(['lead', 'member'])
export type TeamRole = z.infer<typeof teamRole>

/** A department: people and keys that share budgets. */
export const team = z
  .object({
    id,
    name: z.string(),
    memberCount: z.number().int(),
    /** Those who have led it the longest, ten at most. */
    leads: z.array(z.object({ personId: id, name: z.string() })),
    /** What the caller is in it; null for nothing. */
    role: teamRole.nullable(),
    createdAt: timestamp,
    archivedAt: timestamp.nullable(),
  })
  .meta({ id: 'Team' })
export type Team = z.infer<typeof team>

export const teamMember = z
  .object({ personId: id, name: z.string(), email: z.string(), role: teamRole, joinedAt: timestamp })
  .meta({ id: 'TeamMember' })
export type TeamMember = z.infer<typeof teamMember>

const tag = 'identity'
const teams = '/api/v1/workspaces/{workspaceId}/teams'
const teamParams = workspaceParams.extend({ teamId: id })

export const teamRoutes = {
  listTeams: route({
    id: 'listTeams',
    method: 'GET',
    path: teams,
    tag,
    access: 'team:read',
    summary: 'Teams, newest first',
    params: workspaceParams,
    query: pageQuery.extend({
      /** Only the caller's own. */
      mine: z.stringbool().default(false),
      archived: z.stringbool().default(false),
    }),
    response: page(team),
  }),
  createTeam: route({
    id: 'createTeam',
    method: 'POST',
    path: teams,
    tag,
    access: 'team:manage',
    summary: 'Create a team',
    params: workspaceParams,
    body: z.object({ name: line(100) }),
    response: team,
    status: 201,
  }),
  getTeam: route({
    id: 'getTeam',
    method: 'GET',
    path: `${teams}/{teamId}`,
    tag,
    access: 'team:read',
    summary: 'One team',
    params: teamParams,
    response: team,
  }),
  updateTeam: route({
    id: 'updateTeam',
    method: 'PATCH',
    path: `${teams}/{teamId}`,
    tag,
    access: 'team:manage',
    summary: 'Rename, archive or bring back; a team that keys belong to cannot be archived',
    params: teamParams,
    body: z.object({ name: line(100), archived: z.boolean() }).partial(),
    response: team,
  }),
  listTeamMembers: route({
    id: 'listTeamMembers',
    method: 'GET',
    path: `${teams}/{teamId}/members`,
    tag,
    access: 'team:read',
    summary: 'Members of a team, in the order in which they joined',
    params: teamParams,
    query: pageQuery,
    response: page(teamMember),
  }),
  setTeamMember: route({
    id: 'setTeamMember',
    method: 'PUT',
    path: `${teams}/{teamId}/members/{personId}`,
    tag,
    access: 'team:read',
    summary: 'Add a member of the workspace to a team, or change what they are in it',
    params: teamParams.extend({ personId: id }),
    body: z.object({ role: teamRole.default('member') }),
    response: teamMember,
  }),
  removeTeamMember: route({
    id: 'removeTeamMember',
    method: 'DELETE',
    path: `${teams}/{teamId}/members/{personId}`,
    tag,
    access: 'team:read',
    summary: 'Remove someone from a team; their keys stay with it',
    params: teamParams.extend({ personId: id }),
    response: null,
  }),
} as const
