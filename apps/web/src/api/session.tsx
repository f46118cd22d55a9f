import type { Bootstrap, Permission, Person, Workspace } from '@atrium/contract'
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef } from 'react'
import { call, onUnauthorized } from './client.ts'
import { rolePermissions } from './contract.gen.ts'
import { ApiError } from './error.ts'
import { forgetConversations, forgetEverything } from './forget.ts'
import { readStored, usePreference, writeStored } from './preferences.ts'
import { keys, queries } from './queries.ts'

export interface BootstrapState {
  /** Null until it was read for the first time on this device. */
  bootstrap: Bootstrap | null
  /** Why it could not be read; a cached one may still be there. */
  error: Error | null
  /** The server has answered since the page was opened, so it is no longer the cached one. */
  isConfirmed: boolean
  refresh: () => Promise<void>
}

/** Who is signed in and where they work. Only inside the signed-in part of the app. */
export interface Session {
  bootstrap: Bootstrap
  person: Person
  workspace: Workspace
  workspaces: Workspace[]
  can: (permission: Permission) => boolean
  switchWorkspace: (workspaceId: string) => void
  refresh: () => Promise<void>
  signOut: () => Promise<void>
}

const BootstrapContext = createContext<BootstrapState | null>(null)
const SessionContext = createContext<Session | null>(null)

/** Draws from the cached bootstrap at once and corrects itself when the server has answered. */
export function BootstrapProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const query = useQuery({
    ...queries.bootstrap(),
    placeholderData: () => readStored<Bootstrap>('bootstrap') ?? undefined,
  })
  const refresh = useCallback(async () => {
    await client.invalidateQueries({ queryKey: keys.bootstrap })
  }, [client])
  useEffect(() => onUnauthorized(() => void refresh()), [refresh])

  const { data, error, isPlaceholderData } = query
  useEffect(() => {
    if (!data || isPlaceholderData) return
    if (data.person) writeStored('bootstrap', data)
    else void forgetConversations()
  }, [data, isPlaceholderData])

  const cached = data ?? (error ? readStored<Bootstrap>('bootstrap') : null)
  useSessionEnd(cached?.person?.id ?? null)
  const state = useMemo<BootstrapState>(
    () => ({
      bootstrap: cached ?? null,
      error,
      isConfirmed: !isPlaceholderData && data !== undefined,
      refresh,
    }),
    [cached, error, isPlaceholderData, data, refresh],
  )
  return <BootstrapContext value={state}>{children}</BootstrapContext>
}

const sessionEndListeners = new Set<() => void>()

/** Told when a session is over, whoever ended it and in whichever tab. Returns how to stop listening. */
export function onSessionEnd(listener: () => void): () => void {
  sessionEndListeners.add(listener)
  return () => sessionEndListeners.delete(listener)
}

/** What was read and what runs for somebody does not outlast their session. */
function useSessionEnd(personId: string | null): void {
  const client = useQueryClient()
  const last = useRef(personId)
  useEffect(() => {
    const isOver = last.current !== null && last.current !== personId
    last.current = personId
    if (!isOver) return
    for (const listener of sessionEndListeners) listener()
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.bootstrap[0] })
  }, [client, personId])
}

export function useBootstrap(): BootstrapState {
  const state = use(BootstrapContext)
  if (!state) throw new Error('useBootstrap needs a BootstrapProvider')
  return state
}

interface SessionProviderProps {
  bootstrap: Bootstrap
  person: Person
  workspace: Workspace
  children: ReactNode
}

export function SessionProvider({ bootstrap, person, workspace, children }: SessionProviderProps) {
  const client = useQueryClient()
  const { refresh } = useBootstrap()
  const [, setWorkspaceId] = usePreference('workspaceId')
  const session = useMemo<Session>(() => {
    const allowed = new Set(rolePermissions[workspace.role])
    return {
      bootstrap,
      person,
      workspace,
      workspaces: bootstrap.workspaces,
      can: (permission) => allowed.has(permission),
      switchWorkspace: setWorkspaceId,
      refresh,
      signOut: () => endSession(client),
    }
    // The setter is a new function on each render but always does the same.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [bootstrap, person, workspace, refresh, client])
  return <SessionContext value={session}>{children}</SessionContext>
}

/** Signs out, and makes this device forget who was here. */
export async function endSession(client: QueryClient): Promise<void> {
  await call('signOut').catch(ignoreSignedOut)
  await forgetEverything()
  client.clear()
  location.assign('/sign-in')
}

export function useSession(): Session {
  const session = use(SessionContext)
  if (!session) throw new Error('useSession needs a SessionProvider')
  return session
}

/** The workspace to work in: the last chosen one that the person still belongs to. */
export function useChosenWorkspace(bootstrap: Bootstrap | null): Workspace | null {
  const [chosen] = usePreference('workspaceId')
  return bootstrap?.workspaces.find(({ id }) => id === chosen) ?? bootstrap?.workspaces[0] ?? null
}

/** The session may have ended elsewhere: then there is nothing to end, but this device must still forget. */
function ignoreSignedOut(error: unknown): void {
  if (!(error instanceof ApiError) || error.status !== 401) throw error
}
