import { identityRoutes, type Workspace } from '@atrium/contract'
import { type Client, createClient } from './client.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { CliError, exitCodes, notSignedIn, usageError } from './errors.ts'
import { createOutput, type Output } from './output.ts'
import { defaultProfile, openProfiles, type Profile, type Profiles } from './profiles.ts'

/** The options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly profile?: string
  readonly url?: string
  readonly workspace?: string
}

/** What a command works with. */
export interface Context {
  readonly environment: Environment
  readonly output: Output
  readonly profiles: Profiles
  /** The profile that was asked for, or the one in use. */
  readonly profileName: string
  readonly profile: Profile | null
  readonly url: string
  /** Without credentials when nobody is signed in. */
  readonly client: Client
  /** @throws CliError NOT_SIGNED_IN */
  signedIn(): Client
  /** The workspace that was named, that of the profile, or the only one. */
  workspace(): Promise<Workspace>
}

const defaultUrl = 'http://localhost:8000'

export async function createContext(options: GlobalOptions): Promise<Context> {
  const environment = readEnvironment()
  const profiles = openProfiles(environment.configDir)
  const file = await profiles.read()
  const profileName = options.profile ?? environment.profile ?? file.current ?? defaultProfile
  const stored = file.profiles[profileName] ?? null
  const url = addressOf(options.url ?? environment.url ?? stored?.url ?? defaultUrl)
  // A token is for the server that gave it, and goes to no other.
  const profile = stored?.url === url ? stored : null
  const token = environment.apiKey ?? profile?.token ?? null
  const client = createClient({ url, token })
  const signedIn = (): Client => {
    if (!token) throw notSignedIn()
    return client
  }
  const wanted = options.workspace ?? environment.workspace
  return {
    environment,
    output: createOutput({ json: options.json ?? false }),
    profiles,
    profileName,
    profile,
    url,
    client,
    signedIn,
    workspace: async () => {
      const { data } = await signedIn().call(identityRoutes.listWorkspaces, {})
      return chooseWorkspace(data, wanted ?? null, profile?.workspaceId ?? null)
    },
  }
}

/** @throws CliError for what is no address of a server */
function addressOf(text: string): string {
  const address = /^https?:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(address)) throw usageError(`"${text}" is not the address of a server.`)
  return new URL(address).origin
}

function chooseWorkspace(list: readonly Workspace[], wanted: string | null, usual: string | null): Workspace {
  if (wanted !== null) {
    const named = list.filter(({ id, name }) => id === wanted || name === wanted)
    if (named.length > 1) throw usageError(`Several workspaces are called "${wanted}"; give the id.`)
    if (named[0]) return named[0]
    throw new CliError('WORKSPACE_NOT_FOUND', `You are in no workspace "${wanted}".`, {
      exitCode: exitCodes.notFound,
    })
  }
  const found = list.find(({ id }) => id === usual) ?? list[0]
  if (found) return found
  throw new CliError('WORKSPACE_NOT_FOUND', 'You are in no workspace yet.', { exitCode: exitCodes.notFound })
}
