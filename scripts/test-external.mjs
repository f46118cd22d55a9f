// Runs the server's tests against a PostgreSQL that is not ours: Debian's, started on a socket of its own and thrown away.
// As root it is installed by apt when there is none. The last line is `N passed, N failed`.
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finish, readReport, takeCountsFlag } from './lib/counts.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { progress } from './lib/progress.mjs'
import { capture, pinnedNode, run } from './lib/run.mjs'

const { countsFile, args } = takeCountsFlag(process.argv.slice(2))
const programs = '/usr/lib/postgresql'
const port = '5499'
const isRoot = process.getuid?.() === 0

/** The folder of the newest PostgreSQL that is installed, or null. */
function findPrograms() {
  try {
    const versions = readdirSync(programs).toSorted((one, other) => Number(other) - Number(one))
    return versions[0] ? join(programs, versions[0], 'bin') : null
  } catch {
    return null
  }
}

async function install() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await capture('apt-get', ['update'], { env })
  await capture('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql'], { env })
}

/**
 * Runs a PostgreSQL program, as the account `postgres` when we are root: the server refuses to run as root.
 * @param {string} program
 * @param {readonly string[]} words
 */
async function asPostgres(program, words) {
  const { code, output } = isRoot
    ? await capture('runuser', ['-u', 'postgres', '--', program, ...words], {})
    : await capture(program, [...words], {})
  if (code !== 0) throw new Error(`${program} failed:\n${output}`)
  return output
}

/** @param {string} bin */
async function testWith(bin) {
  const folder = mkdtempSync(join(tmpdir(), 'atrium-external-'))
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  if (isRoot) {
    const id = async (/** @type {string} */ flag) =>
      Number((await capture('id', [flag, 'postgres'], {})).output)
    const [uid, gid] = [await id('-u'), await id('-g')]
    for (const path of [folder, data]) chownSync(path, uid, gid)
  }
  await asPostgres(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8'])
  const settings = `-k ${folder} -p ${port} -c listen_addresses=127.0.0.1 -c max_connections=300`
  await asPostgres(join(bin, 'pg_ctl'), [
    '-D',
    data,
    '-w',
    '-l',
    join(folder, 'log'),
    '-o',
    settings,
    'start',
  ])
  try {
    const report = join(folder, '..', `${folder.split('/').at(-1)}.json`)
    const code = await run(
      pinnedNode,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        'apps/server/src/modules',
        'apps/server/src/tenancy',
        ...args,
      ],
      { env: { TEST_DATABASE_URL: `postgresql://postgres@127.0.0.1:${port}/postgres` } },
    )
    const counts = readReport(report, code)
    rmSync(report, { force: true })
    return counts
  } finally {
    await asPostgres(join(bin, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop'])
    rmSync(folder, { recursive: true, force: true })
  }
}

try {
  await ensureInstalled(process.stdout)
  if (!findPrograms() && isRoot) await progress('Installing PostgreSQL', process.stdout, install)
  const bin = findPrograms()
  if (!bin) throw new Error('There is no PostgreSQL to test against: install one from your distribution.')
  finish(await testWith(bin), countsFile, 'Tests on an external PostgreSQL')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  finish({ passed: 0, failed: 1 }, countsFile, 'Tests on an external PostgreSQL')
}
