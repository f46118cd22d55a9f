import { homedir, hostname } from 'node:os'
import { join } from 'node:path'

/** What the environment decides. This is the only reader of it in the command line. */
export interface Environment {
  readonly configDir: string
  readonly url: string | null
  readonly apiKey: string | null
  readonly workspace: string | null
  readonly profile: string | null
  readonly hostName: string
  /** What the server's own programs read, for commands that work on an installation directly. */
  readonly all: Readonly<Record<string, string | undefined>>
}

export function readEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  return {
    configDir: env['ATRIUM_CONFIG_DIR'] || configDirOf(env),
    url: env['ATRIUM_URL'] || null,
    apiKey: env['ATRIUM_API_KEY'] || null,
    workspace: env['ATRIUM_WORKSPACE'] || null,
    profile: env['ATRIUM_PROFILE'] || null,
    hostName: hostname(),
    all: env,
  }
}

/** Where each system keeps settings of programs. */
function configDirOf(env: Readonly<Record<string, string | undefined>>): string {
  if (process.platform === 'win32') {
    return join(env['APPDATA'] || join(homedir(), 'AppData', 'Roaming'), 'atrium', 'Config')
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Preferences', 'atrium')
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'atrium')
}
