import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { PostgresError } from './place.ts'

const run = promisify(execFile)

/** An unprivileged account of the operating system. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** How to start PostgreSQL's programs, which refuse to run as root. */
export type RunAs =
  | { readonly kind: 'self' }
  | { readonly kind: 'account'; readonly account: Account }
  /** The account may not pass through a folder above the files, so that it gets one capability for that. */
  | { readonly kind: 'account-with-passage'; readonly account: Account; readonly capability: string }

/** A program to start, in the form that `spawn` takes. */
export interface Invocation {
  readonly file: string
  readonly args: readonly string[]
  readonly options: { readonly uid?: number; readonly gid?: number }
}

export function invocation(runAs: RunAs, file: string, args: readonly string[]): Invocation {
  if (runAs.kind === 'self') return { file, args, options: {} }
  if (runAs.kind === 'account') return { file, args, options: { ...runAs.account } }
  return { file: 'setpriv', args: [...passage(runAs.account, runAs.capability), file, ...args], options: {} }
}

const passage = ({ uid, gid }: Account, capability: string): string[] => [
  `--reuid=${uid}`,
  `--regid=${gid}`,
  '--clear-groups',
  `--inh-caps=+${capability}`,
  `--ambient-caps=+${capability}`,
  '--',
]

/** The account of `runAs`, or null where files stay our own. */
export const accountOf = (runAs: RunAs): Account | null => (runAs.kind === 'self' ? null : runAs.account)

/**
 * Decides as whom PostgreSQL runs: as ourselves, unless we are root; then as the owner of the existing cluster,
 * or as the `postgres` account, which is made when missing.
 * @param folder the folder of the cluster's files, which that account must reach.
 * @param program one of PostgreSQL's programs, likewise.
 */
export async function chooseRunAs(cluster: string, folder: string, program: string): Promise<RunAs> {
  const owner = await stat(cluster).catch(() => null)
  const uid = process.getuid?.() ?? -1
  if (uid !== 0) {
    if (owner && owner.uid !== uid && uid !== -1) throw foreignOwner(cluster, owner.uid)
    return { kind: 'self' }
  }
  const account = owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : await findAccount()
  if ((await reaches(account, folder)) && (await reaches(account, dirname(program))))
    return { kind: 'account', account }
  return passageFor(account, folder, program)
}

const foreignOwner = (cluster: string, uid: number): PostgresError =>
  new PostgresError(
    `The database in ${cluster} belongs to another user (uid ${uid}): run Atrium as that user or as root, or set ATRIUM_DATA_DIR.`,
  )

async function findAccount(): Promise<Account> {
  const existing = await lookUp('postgres')
  if (existing) return existing
  await run('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    'postgres',
  ]).catch(() => undefined)
  const account = (await lookUp('postgres')) ?? (await lookUp('nobody'))
  if (account) return account
  throw new PostgresError(
    'PostgreSQL refuses to run as root, and no "postgres" account could be made: make one, run Atrium as an ordinary user, or set DATABASE_URL.',
  )
}

async function lookUp(name: string): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
    )
    return uid && gid ? { uid, gid } : null
  } catch {
    return null
  }
}

/** Whether the account may pass through every folder down to `folder`, by their modes. */
async function reaches(account: Account, folder: string): Promise<boolean> {
  const { mode, uid, gid } = await stat(folder)
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
  if ((mode & bit) === 0) return false
  const parent = dirname(folder)
  return parent === folder || reaches(account, parent)
}

async function passageFor(account: Account, folder: string, program: string): Promise<RunAs> {
  for (const capability of ['dac_read_search', 'dac_override']) {
    const runAs: RunAs = { kind: 'account-with-passage', account, capability }
    const probe = invocation(runAs, program, ['--version'])
    const works = await run(probe.file, [...probe.args]).then(
      () => true,
      () => false,
    )
    if (works) return runAs
  }
  throw new PostgresError(
    `PostgreSQL refuses to run as root, and the account it runs as instead (uid ${account.uid}) cannot reach ${folder} and ${dirname(program)}: ` +
      'allow others to pass through the folders above (chmod o+x), move Atrium, run it as an ordinary user, or set DATABASE_URL.',
  )
}
