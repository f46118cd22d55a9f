import { z } from 'zod'
import { id, text, timestamp } from './common.ts'
import { permissions, roles } from './permissions.ts'

export const email = z.email().max(254).toLowerCase()
export const password = text(128, 10)
export const role = z.enum(roles)

export const person = z
  .object({
    id,
    name: z.string(),
    email: z.string(),
    emailVerified: z.boolean(),
    isOperator: z.boolean(),
    /** Instructions added to each of this person's conversations. */
    instructions: z.string(),
    createdAt: timestamp,
  })
  .meta({ id: 'Person' })
export type Person = z.infer<typeof person>

/** What an API key learns of itself; of the person behind it, it learns nothing. */
export const keySelf = z
  .object({
    kind: z.literal('key'),
    id,
    name: z.string(),
    workspaceId: id,
    /** What it may do: its scopes, as far as the role of its owner allows them. */
    scopes: z.array(z.enum(permissions)),
    expiresAt: timestamp.nullable(),
  })
  .meta({ id: 'KeySelf' })
export type KeySelf = z.infer<typeof keySelf>

export const workspace = z
  .object({
    id,
    name: z.string(),
    role,
    /** Instructions that lead every conversation of the workspace. Empty for keys without `workspace:read`. */
    instructions: z.string(),
    /** Empty like the instructions. */
    defaultModel: z.string(),
    createdAt: timestamp,
  })
  .meta({ id: 'Workspace' })
export type Workspace = z.infer<typeof workspace>

export const registration = z.enum(['invitation', 'open'])

/** Who may create workspaces: operators; besides, whoever is more than a viewer somewhere; or everyone. */
export const workspaceCreation = z.enum(['operators', 'members', 'everyone'])
export type WorkspaceCreation = z.infer<typeof workspaceCreation>

export const bootstrap = z.object({
  version: z.string(),
  /** No account exists yet: the next sign-up becomes the owner. */
  needsOwner: z.boolean(),
  registration,
  workspaceCreation,
  /** E-mails leave by SMTP; otherwise they land in the outbox page that owners see. */
  mailConfigured: z.boolean(),
  /** Null for API keys, too. */
  person: person.nullable(),
  workspaces: z.array(workspace),
})
export type Bootstrap = z.infer<typeof bootstrap>

export const session = z
  .object({
    id: z.string(),
    current: z.boolean(),
    userAgent: z.string().nullable(),
    address: z.string().nullable(),
    createdAt: timestamp,
    lastUsedAt: timestamp,
    expiresAt: timestamp,
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof session>

export const member = z
  .object({ personId: id, name: z.string(), email: z.string(), role, joinedAt: timestamp })
  .meta({ id: 'Member' })
export type Member = z.infer<typeof member>

export const invitation = z
  .object({
    id,
    email: z.string(),
    role,
    invitedBy: z.string(),
    createdAt: timestamp,
    expiresAt: timestamp,
  })
  .meta({ id: 'Invitation' })
export type Invitation = z.infer<typeof invitation>

export const auditEntry = z
  .object({
    sequence: z.number().int(),
    action: z.string(),
    actor: z.object({
      kind: z.enum(['person', 'key', 'system']),
      id: z.string().nullable(),
      name: z.string(),
    }),
    target: z.object({ kind: z.string(), id: z.string() }).nullable(),
    details: z.record(z.string(), z.unknown()),
    address: z.string().nullable(),
    createdAt: timestamp,
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof auditEntry>

/**
 * What a check of an audit log found: entries that were edited, removed, added or moved; an end that does not fit its
 * seal; a break that showed when a later entry was added; an end that is older than, or other than, the one that the
 * server has recorded in its data directory.
 */
export const auditFinding = z
  .enum(['entries-changed', 'end-changed', 'found-broken-before', 'differs-from-record'])
  .meta({ id: 'AuditFinding' })
export type AuditFinding = z.infer<typeof auditFinding>

export const mail = z
  .object({
    id,
    to: z.string(),
    subject: z.string(),
    text: z.string(),
    createdAt: timestamp,
    sent: z.boolean(),
  })
  .meta({ id: 'Mail' })
export type Mail = z.infer<typeof mail>
