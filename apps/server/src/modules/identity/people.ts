import type { Bootstrap, KeySelf, Person, Session, Workspace } from '@atrium/contract'
import type { Bus } from '#platform/bus'
import type { Database } from '#platform/db'
import { AppError, notFound } from '#platform/errors'
import type { Caller, Member } from '#platform/http'
import { renewalSeconds } from './auth.ts'
import { announceRevocation } from './notices.ts'
import { deleteOtherSessions, deleteSession } from './store/sessions.ts'
import { updatePerson } from './store/people.ts'
import { readKey } from './views/keys.ts'
import { readFirstScreen, readPerson, readSessions } from './views/people.ts'

export interface FirstScreen {
  readonly screen: Omit<Bootstrap, 'version' | 'mailConfigured'>
  /** Whether the end of the session should be moved on. */
  readonly renewalDue: boolean
}

/** What a person sees and changes of themselves. Keys see what their scopes allow, and nothing of the person. */
export interface People {
  firstScreen(caller: Caller | null): Promise<FirstScreen>
  me(caller: Caller): Promise<Person | KeySelf>
  update(
    caller: Caller,
    change: { name?: string | undefined; instructions?: string | undefined },
  ): Promise<Person>
  workspaces(caller: Caller): Promise<Workspace[]>
  sessions(caller: Caller): Promise<Session[]>
  revokeSession(caller: Caller, sessionId: string): Promise<void>
  revokeOtherSessions(caller: Caller): Promise<void>
}

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function createPeople({ db, bus }: { db: Database; bus: Bus }): People {
  const screenOf = ({ kind, personId, credentialId, workspaceId: only }: Caller) =>
    db.withPerson(personId, (tx) =>
      readFirstScreen(
        tx,
        { personId, only, sessionId: kind === 'session' ? credentialId : null },
        renewalSeconds,
      ),
    )

  const me = async (caller: Caller): Promise<Person> => {
    const person = await db.transaction((tx) => readPerson(tx, caller.personId))
    if (!person) throw new AppError('INVALID_CREDENTIALS', 'This account does not exist any more.')
    return person
  }

  return {
    firstScreen: async (caller) => {
      const found = await (caller ? screenOf(caller) : db.transaction((tx) => readFirstScreen(tx, null, 0)))
      const { registration, workspaceCreation, person, workspaces, renewalDue } = found
      const needsOwner = registration === null
      const shown = {
        person: caller && isKey(caller) ? null : person,
        workspaces: shownTo(caller, workspaces),
      }
      const settings = {
        registration: registration ?? ('invitation' as const),
        workspaceCreation: workspaceCreation ?? ('members' as const),
      }
      return { screen: { needsOwner, ...settings, ...shown }, renewalDue }
    },
    me: (caller) => (isKey(caller) ? keySelf(db, caller) : me(caller)),
    update: async (caller, change) => {
      await db.transaction((tx) => updatePerson(tx, caller.personId, change))
      return me(caller)
    },
    workspaces: async (caller) => shownTo(caller, (await screenOf(caller)).workspaces),
    sessions: async ({ personId, credentialId }) => {
      const list = await db.transaction((tx) => readSessions(tx, personId))
      return list.map((session) => ({ ...session, current: session.id === credentialId }))
    },
    revokeSession: async ({ personId }, sessionId) => {
      if (!idForm.test(sessionId)) throw notFound('session')
      await db.transaction(async (tx) => {
        if (!(await deleteSession(tx, personId, sessionId))) throw notFound('session')
        await announceRevocation(bus, tx, { personId, credentialId: sessionId })
      })
    },
    revokeOtherSessions: ({ personId, credentialId }) =>
      db.transaction(async (tx) => {
        await deleteOtherSessions(tx, personId, credentialId)
        await announceRevocation(bus, tx, { personId })
      }),
  }
}

/** Whoever calls with a key was proven to be a member of its workspace. */
const isKey = (caller: Caller): caller is Member => caller.kind === 'key'

/** The workspaces as far as the caller may read what is set in them. */
function shownTo(caller: Caller | null, list: Workspace[]): Workspace[] {
  if (!caller || !isKey(caller) || caller.permissions.has('workspace:read')) return list
  return list.map((one) => ({ ...one, instructions: '', defaultModel: '' }))
}

async function keySelf(db: Database, member: Member): Promise<KeySelf> {
  const { workspaceId, credentialId, permissions } = member
  const key = await db.withWorkspace(workspaceId, (tx) => readKey(tx, workspaceId, credentialId, null))
  if (!key) throw new AppError('INVALID_API_KEY', 'This API key is not valid.')
  const { id, name, expiresAt } = key
  const scopes = key.scopes.filter((one) => permissions.has(one))
  return { kind: 'key', id, name, workspaceId, scopes, expiresAt }
}
