/**
 * Prepares one PostgreSQL for all test files: embedded, or the server that TEST_DATABASE_URL names. The schema is
 * migrated once into a template; each test server works on a copy of it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '@atrium/server/log'
import { migrate } from '@atrium/server/migrate'
import { startPostgres } from '@atrium/server/postgres'
import { prepareRoles } from '@atrium/server/roles'
import { migrationSources } from '@atrium/server/start'
import type { TestProject } from 'vitest/node'

/** Where test servers find their database. */
export interface TestCluster {
  readonly adminUrl: string
  readonly template: string
  readonly secret: string
}

declare module 'vitest' {
  interface ProvidedContext {
    cluster: TestCluster
  }
}

/** Called by vitest before the first test file; the returned function after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await openCluster()
  project.provide('cluster', cluster.facts)
  return cluster.close
}

/** The same for programs that are no vitest run, such as benches. */
export async function openCluster(): Promise<{ facts: TestCluster; close: () => Promise<void> }> {
  const external = process.env['TEST_DATABASE_URL']
  const folder = await mkdtemp(join(tmpdir(), 'atrium-test-'))
  const embedded = external ? undefined : await startPostgres({ dataDir: folder, log: silentLog() })
  return {
    facts: await prepareTemplate(external ?? embedded?.ownerUrl ?? ''),
    close: async () => {
      await embedded?.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Migrates a template database, of which each test server gets a copy. */
export async function prepareTemplate(adminUrl: string): Promise<TestCluster> {
  const secret = 'a secret of the tests, which keep nothing'
  const template = `atrium_template_${process.pid}`
  const roles = await prepareRoles(adminUrl, secret, template)
  await migrate(roles.owner, migrationSources)
  return { adminUrl, template, secret }
}
