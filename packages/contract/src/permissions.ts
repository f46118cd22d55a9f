/** Every permission inside a workspace. Reading and writing are separate; each operation names one. */
export const permissions = [
  'workspace:read',
  'workspace:update',
  'member:read',
  'member:manage',
  'key:read',
  'key:manage',
  'audit:read',
  'connection:read',
  'connection:manage',
  'model:read',
  'model:manage',
  'conversation:read',
  'conversation:write',
  'file:read',
  'file:write',
  'team:read',
  'team:manage',
  'gateway:call',
  'usage:read',
  'usage:read-all',
  'budget:read',
  'budget:manage',
  'telemetry:write',
  'trace:read',
] as const

export type Permission = (typeof permissions)[number]

export const roles = ['owner', 'admin', 'member', 'viewer'] as const
export type Role = (typeof roles)[number]

const viewer: Permission[] = [
  'workspace:read',
  'member:read',
  'model:read',
  'conversation:read',
  'file:read',
  'team:read',
]
const member: Permission[] = [
  ...viewer,
  'conversation:write',
  'file:write',
  'key:read',
  'key:manage',
  'gateway:call',
  'usage:read',
  'budget:read',
  'telemetry:write',
]
const admin: Permission[] = [
  ...member,
  'workspace:update',
  'member:manage',
  'audit:read',
  'connection:read',
  'connection:manage',
  'model:manage',
  'team:manage',
  'usage:read-all',
  'budget:manage',
  'trace:read',
]

/** What each role may do. Owners may do everything. */
export const rolePermissions: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  owner: new Set(permissions),
  admin: new Set(admin),
  member: new Set(member),
  viewer: new Set(viewer),
}
