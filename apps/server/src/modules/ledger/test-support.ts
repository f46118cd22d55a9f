import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BookVerification } from '@atrium/contract'
import { startTestServer, type TestServer } from '@atrium/testkit'
import pg from 'pg'
import { openBus } from '#platform/bus'
import { createClock } from '#platform/clock'
import { openDatabase } from '#platform/db'
import { createLedger, type LedgerSettings } from './service.ts'
import { verifyBook } from './verify.ts'
import type { Hold, HoldRequest, Ledger, Payer } from './types.ts'

const clock = createClock()
export const newId = clock.uuid

/** A database with a workspace's budgets, and as many processes on it as a test opens. */
export interface Bench extends AsyncDisposable {
  readonly server: TestServer
  readonly workspaceId: string
  /** Another process: a ledger with connections, a bus and a data directory of its own. */
  open(settings?: LedgerSettings): Promise<Process>
  /** Makes a budget behind the API's back, before any process knows the workspace. */
  budget(budget: Partial<NewBudget> & { limit: bigint }): Promise<string>
  /** As background work sees it: all workspaces. */
  rows<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<R[]>
  /** As requests see it: this workspace. */
  own<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<R[]>
  /** As the owner of the tables, to change them. */
  asOwner(text: string): Promise<void>
  payer(payer?: Partial<Payer>): Payer
}

export interface Process extends AsyncDisposable {
  readonly ledger: Ledger
  readonly dataDir: string
}

interface NewBudget {
  /** The bench's own unless told. */
  readonly workspaceId: string
  readonly scope: string
  readonly scopeId: string | null
  readonly period: string
  readonly limit: bigint
  readonly unknownCeiling: bigint | null
}

/** @param given a server that several benches share, each with a workspace of its own */
export async function openBench(given?: TestServer): Promise<Bench> {
  const scope = new AsyncDisposableStack()
  const server = given ?? scope.use(await startTestServer())
  const workspaceId = newId()
  const rows = await openClient(server.roles.job, scope)
  const own = await openClient(server.roles.app, scope)
  const owner = await openClient(server.roles.owner, scope)
  await own(`SELECT set_config('app.workspace_id', $1, false)`, [workspaceId])
  return {
    server,
    workspaceId,
    rows,
    own,
    open: (settings = {}) => openProcess(server, settings),
    budget: async ({
      workspaceId: within = workspaceId,
      scope: kind = 'workspace',
      scopeId = null,
      period = 'total',
      limit,
      unknownCeiling = null,
    }) => {
      const id = newId()
      await rows(
        `INSERT INTO ledger.budgets (workspace_id, id, kind, name, scope, scope_id, period, time_zone, limit_nano_usd,
          unknown_ceiling_nano_usd, enabled) VALUES ($1, $2, 'budget', 'Budget', $3, $4, $5, 'UTC', $6, $7, true)`,
        [within, id, kind, scopeId, period, limit, unknownCeiling],
      )
      return id
    },
    asOwner: async (text) => void (await owner(text)),
    payer: (payer = {}) => ({ workspaceId, personId: newId(), keyId: null, teamIds: [], ...payer }),
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  }
}

async function openClient(url: string, scope: AsyncDisposableStack): Promise<Bench['rows']> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  scope.defer(() => client.end())
  return async <R extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
    (await client.query<R>(text, [...values])).rows
}

async function openProcess({ running, roles }: TestServer, settings: LedgerSettings): Promise<Process> {
  const scope = new AsyncDisposableStack()
  const { platform } = running
  const { log } = platform
  const dataDir = await mkdtemp(join(tmpdir(), 'atrium-ledger-'))
  scope.defer(() => rm(dataDir, { recursive: true, force: true }))
  const jobDb = scope.use(
    openDatabase({ url: roles.job, maxConnections: 4, log, applicationName: 'atrium-test' }),
  )
  const bus = scope.use(await openBus(roles.app, log))
  const config = { ...platform.config, dataDir }
  const identity = {
    audit: async () => undefined,
    named: async () => new Map(),
    tellOwners: async () => undefined,
  }
  const ledger = await createLedger({ ...platform, config, jobDb, bus, identity }, scope, settings)
  return { ledger, dataDir, [Symbol.asyncDispose]: () => scope.disposeAsync() }
}

export const callOf = (payer: Payer, ceilingNanoUsd: bigint | null): HoldRequest => ({
  payer,
  callId: newId(),
  attempt: 0,
  ceilingNanoUsd,
})

export const finish = (hold: Hold, costNanoUsd: bigint | null = hold.nanoUsd): void =>
  hold.settle({ costNanoUsd, status: 'finished', estimated: false })

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

/** Recounts the book. */
export const verified = (bench: Bench): Promise<BookVerification> =>
  verifyBook(bench.server.running.platform.db, bench.workspaceId)
