import { readFileSync } from 'node:fs'
import { type Connection, identityRoutes, modelRoutes } from '@atrium/contract'
import type { Context } from '../lib/context.ts'
import { CliError, exitCodes } from '../lib/errors.ts'
import { allPages } from '../lib/pages.ts'
import type { Finding } from './finding.ts'

const area = 'server'

/** Whether the server answers, fits, and reaches the providers it is connected to. */
export async function checkServer(context: Context): Promise<Finding[]> {
  const reached = await attempt('address', () => reach(context))
  if (reached.some(({ status }) => status === 'failed')) return reached
  return [
    ...reached,
    ...(await attempt('database', () => ready(context))),
    ...(await attempt('version', () => compareVersions(context))),
    ...(await attempt('sign-in', () => signIn(context))),
  ]
}

async function attempt(name: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    const { hint } = error.options
    return [{ area, name, status: 'failed', message: error.message, ...(hint ? { hint } : {}) }]
  }
}

const mostSkewMs = 30_000

async function reach({ client, url }: Context): Promise<Finding[]> {
  const before = Date.now()
  const response = await client.get('/healthz').catch((error: unknown) => {
    if (!(error instanceof CliError) || error.code !== 'SERVER_UNREACHABLE') throw error
    throw new CliError(error.code, error.message, {
      exitCode: error.exitCode,
      hint: 'Start it with "npm start", or give its address with --url.',
    })
  })
  await response.body?.cancel()
  const tookMs = Date.now() - before
  // The header has seconds only.
  const skewMs = Math.abs(Date.parse(response.headers.get('date') ?? '') + 500 - (before + tookMs / 2))
  const address: Finding = { area, name: 'address', status: 'ok', message: `${url} answers in ${tookMs} ms` }
  if (Number.isNaN(skewMs)) return [address]
  const seconds = `${Math.round(skewMs / 1000)} s apart from this machine`
  const hint = 'Set both clocks by NTP.'
  return [
    address,
    { area, name: 'clock', status: skewMs > mostSkewMs ? 'warning' : 'ok', message: seconds, hint },
  ]
}

async function ready({ client }: Context): Promise<Finding[]> {
  await (await client.get('/readyz')).body?.cancel()
  return [{ area, name: 'database', status: 'ok', message: 'answers' }]
}

const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

async function compareVersions({ client }: Context): Promise<Finding[]> {
  const { version } = await client.call(identityRoutes.bootstrap, {})
  if (version === own.version) return [{ area, name: 'version', status: 'ok', message: version }]
  const hint = 'Use the command line of the same version.'
  return [
    { area, name: 'version', status: 'warning', message: `${version}, and this is ${own.version}`, hint },
  ]
}

async function signIn(context: Context): Promise<Finding[]> {
  const name = 'sign-in'
  try {
    const me = await context.signedIn().call(identityRoutes.getMe, {})
    const message = 'kind' in me ? `key "${me.name}"` : me.email
    return [{ area, name, status: 'ok', message }, ...(await connections(context))]
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== exitCodes.notSignedIn) throw error
    const hint = 'Run "atrium login" to check the connections to providers too.'
    return [{ area, name, status: 'warning', message: 'nobody is signed in', hint }]
  }
}

async function connections(context: Context): Promise<Finding[]> {
  const { id: workspaceId, role } = await context.workspace()
  if (role !== 'owner' && role !== 'admin') return []
  const list = await allPages((cursor) =>
    context.client.call(modelRoutes.listConnections, {
      params: { workspaceId },
      query: { limit: 100, ...cursor },
    }),
  )
  return list.filter(({ enabled }) => enabled).map(connectionFinding)
}

function connectionFinding({ name: title, health, source }: Connection): Finding {
  const name = `provider ${title}`
  if (source === 'built-in') return { area, name, status: 'ok', message: 'built in' }
  if (!health)
    return { area, name, status: 'warning', message: 'never tested', hint: 'Test it in the settings.' }
  if (health.ok)
    return { area, name, status: 'ok', message: `answered at ${health.checkedAt.slice(0, 16)} UTC` }
  return { area, name, status: 'failed', message: health.message, hint: `It failed at: ${health.stage}.` }
}
