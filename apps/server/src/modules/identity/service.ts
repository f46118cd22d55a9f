import { type Permission, rolePermissions } from '@atrium/contract'
import type { Tx } from '#platform/db'
import { notFound } from '#platform/errors'
import type { Gatekeeper } from '#platform/http'
import type { Platform } from '#platform/platform'
import { Accounts } from './accounts.ts'
import type { Audit, AuditInput } from './audit.ts'
import { type AuditLogs, openAuditLogs, type TellOwners } from './audit-logs.ts'
import type { AuditTrail } from './audit-trail.ts'
import { createAuth, sessionCookieName } from './auth.ts'
import { createAuthDatabase } from './auth-database.ts'
import { createDevices } from './devices.ts'
import { createDeviceSignIn, type DeviceSignIn } from './device-sign-in.ts'
import { prepareInstallation } from './first-boot.ts'
import { createGatekeeper, type GatekeeperParts } from './gatekeeper.ts'
import { createInstallation, type Installation } from './installation.ts'
import { Invitations } from './invitations.ts'
import { createKeys, type Keys } from './keys.ts'
import { createLimits } from './limits.ts'
import { createDelivery, createMailer, type Delivery } from './mails.ts'
import { createOnceShown, type OnceShown } from './once-shown.ts'
import { createPeople, type People } from './people.ts'
import { Registration } from './registration.ts'
import { announceRevocation } from './notices.ts'
import { createSignInGuard } from './sign-in-guard.ts'
import { insertMail } from './store/mails.ts'
import { deleteExpired } from './store/sessions.ts'
import { Teams } from './teams.ts'
import { createUsage } from './usage.ts'
import { findRole } from './views/callers.ts'
import { type NamedThing, readNamed } from './views/names.ts'
import { readNames } from './views/people.ts'
import { readAnswerSettings, readOwnerEmails, type AnswerSettings } from './views/workspaces.ts'
import { createWatches } from './watches.ts'
import { Workspaces } from './workspaces.ts'

/** What other modules may ask. */
export interface Identity {
  readonly gatekeeper: Gatekeeper
  /**
   * What workspace and person have set for answers, read in the transaction of the caller, who would otherwise hold
   * one connection and wait for another.
   * @throws AppError 404 when there is no such workspace or person
   */
  answerSettings(tx: Tx, workspaceId: string, personId: string): Promise<AnswerSettings>
  /** Names by id, read in the transaction of the caller; ids that nobody has are left out. */
  people(tx: Tx, ids: readonly string[]): Promise<Map<string, string>>
  /** Teams, members and keys of the workspace by id, read in the transaction of the caller; others are left out. */
  named(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<Map<string, NamedThing>>
  isMember(workspaceId: string, personId: string): Promise<boolean>
  /** Whether the role that the person has in the workspace now allows this. */
  can(workspaceId: string, personId: string, permission: Permission): Promise<boolean>
  /** Writes a mail to each owner of the workspace, in the transaction that makes it true. */
  tellOwners(tx: Tx, workspaceId: string, mail: { subject: string; text: string }): Promise<void>
  /** Appends to the workspace's audit log in the transaction that makes the entry true. */
  audit(tx: Tx, input: AuditInput): Promise<void>
}

/** What the module's own routes and jobs use. */
export interface Services {
  readonly mailConfigured: boolean
  readonly accounts: Accounts
  readonly registration: Registration
  readonly deviceSignIn: DeviceSignIn
  readonly people: People
  readonly installation: Installation
  readonly workspaces: Workspaces
  readonly invitations: Invitations
  readonly keys: Keys
  readonly teams: Teams
  readonly auditTrail: AuditTrail
  readonly onceShown: OnceShown
  readonly deliverMails: Delivery
  /** Removes what has run out. */
  tidy(): Promise<void>
}

export type IdentityService = Identity & { readonly own: Services }

/** Builds the module; makes the owner and key that the operator's settings name. */
export async function createIdentity(
  platform: Platform,
  scope: AsyncDisposableStack,
): Promise<IdentityService> {
  const { config, clock, db, bus, log, keyring } = platform
  const tellOwners: TellOwners = async (tx, workspaceId, mail) => {
    for (const to of await readOwnerEmails(tx, workspaceId))
      await insertMail(tx, { id: clock.uuid(), to, ...mail })
  }
  const auditLogs = await openAuditLogs(platform, tellOwners, scope)
  const { audit } = auditLogs
  const cookie = {
    name: sessionCookieName(config.http.publicUrl),
    secret: keyring.derive('identity sessions').toString('base64url'),
  }
  const own = createServices(platform, cookie.secret, auditLogs, scope)
  await prepareInstallation({
    db,
    bus,
    clock,
    log,
    audit,
    registration: own.registration,
    settings: config.bootstrap,
  })
  return { ...createDoor(platform, cookie, audit, tellOwners, scope), own }
}

function createServices(
  platform: Platform,
  secret: string,
  { audit, trail }: AuditLogs,
  scope: AsyncDisposableStack,
): Services {
  const { config, clock, db, jobDb, bus, log, keyring } = platform
  const { publicUrl } = config.http
  const limits = createLimits(db)
  const devices = createDevices(keyring, clock, publicUrl)
  const authDatabase = createAuthDatabase(db)
  const mailer = createMailer({ db, authDatabase, clock, publicUrl })
  const auth = createAuth({
    config,
    secret,
    clock,
    log,
    database: authDatabase,
    limits,
    mails: mailer,
    onPasswordReset: async (personId) => {
      const tx = authDatabase.current()
      if (tx) await announceRevocation(bus, tx, { personId })
    },
  })
  return {
    mailConfigured: config.mail.mode === 'smtp',
    accounts: new Accounts({
      db,
      bus,
      auth,
      authDatabase,
      limits,
      signInGuard: createSignInGuard(limits, devices),
    }),
    registration: new Registration({ db, bus, clock, auth, authDatabase, audit, limits, devices }),
    deviceSignIn: createDeviceSignIn({ db, auth, clock, limits, secret }),
    people: createPeople({ db, bus }),
    installation: createInstallation(db, audit),
    workspaces: new Workspaces({ db, bus, clock, audit, maxOwned: config.identity.maxOwnedWorkspaces }),
    invitations: new Invitations({ db, bus, clock, audit, mailer, publicUrl }),
    keys: createKeys({ db, bus, clock, audit }),
    teams: new Teams({ db, bus, clock, audit }),
    auditTrail: trail,
    onceShown: createOnceShown(keyring),
    deliverMails: createDelivery({ mail: config.mail, jobDb, log }, scope),
    tidy: () => jobDb.transaction(deleteExpired),
  }
}

function createDoor(
  platform: Platform,
  cookie: GatekeeperParts['cookie'],
  audit: Audit,
  tellOwners: TellOwners,
  scope: AsyncDisposableStack,
): Identity {
  const { db, jobDb, bus, clock, log } = platform
  const watches = createWatches({ jobDb, bus, log }, scope)
  const usage = createUsage(jobDb, log, scope)
  return {
    gatekeeper: createGatekeeper({ db, bus, clock, watches, usage, cookie }, scope),
    answerSettings: async (tx, workspaceId, personId) => {
      const found = await readAnswerSettings(tx, workspaceId, personId)
      if (!found) throw notFound('workspace')
      return found
    },
    people: readNames,
    named: readNamed,
    isMember: async (workspaceId, personId) =>
      (await db.withWorkspace(workspaceId, (tx) => findRole(tx, workspaceId, personId))) !== undefined,
    can: async (workspaceId, personId, permission) => {
      const role = await db.withWorkspace(workspaceId, (tx) => findRole(tx, workspaceId, personId))
      return role !== undefined && rolePermissions[role].has(permission)
    },
    tellOwners,
    audit: (tx, input) => audit.record(tx, input),
  }
}
