import type pg from 'pg'
import { rolesOfOwner } from '#platform/roles'
import type { Finding } from './inspect.ts'

interface LastRun {
  readonly name: string
  readonly at: Date
  readonly message: string | null
}

/** Whether what runs on a schedule did its work when it last ran. */
export async function inspectJobs(client: pg.Client): Promise<Finding> {
  const name = 'scheduled work'
  const { rows: made } = await client.query<{ owner: string }>(
    `SELECT r.rolname AS owner FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
     WHERE n.nspname = 'platform' AND to_regclass('jobs.schedule') IS NOT NULL`,
  )
  const job = made[0] && rolesOfOwner(made[0].owner)?.job
  if (!job) return { name, status: 'warning', message: 'none yet', hint: 'The first start sets it up.' }
  await client.query(`SET ROLE ${client.escapeIdentifier(job)}`)
  const { rows } = await client.query<LastRun>(
    `SELECT s.name, last.completed_on AS at, last.output->>'message' AS message
     FROM jobs.schedule s CROSS JOIN LATERAL (
       SELECT state, completed_on, output FROM jobs.job
       WHERE name = s.name AND state IN ('completed', 'failed') ORDER BY completed_on DESC LIMIT 1) AS last
     WHERE last.state = 'failed' ORDER BY s.name LIMIT 20`,
  )
  await client.query('RESET ROLE')
  if (rows.length === 0) return { name, status: 'ok', message: 'nothing has failed when it last ran' }
  const told = rows.map(
    (run) =>
      `${run.name} at ${run.at.toISOString()}: ${run.message?.split('\n', 1)[0] ?? 'no answer in time'}`,
  )
  const hint = 'The log of the process that ran it says more; it runs again by itself.'
  return { name, status: 'failed', message: `failed when it last ran: ${told.join('; ')}`, hint }
}
