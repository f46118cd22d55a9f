import { errorBody } from '@atrium/contract'
import type { TestServer } from '@atrium/testkit'
import pg from 'pg'

/** A connection of one of the roles, for looking behind the API. */
export async function asRole<T>(
  server: TestServer,
  role: 'owner' | 'app' | 'job',
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: server.roles[role] })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Runs a statement as the tables' owner, who can lift row-level security: the strongest attacker inside the database. */
export function asAttacker(server: TestServer, ...statements: string[]): Promise<void> {
  return asRole(server, 'owner', async (client) => {
    const tables = ['audit_log', 'audit_heads', 'api_keys', 'invitations', 'members', 'workspaces']
    for (const table of tables)
      await client.query(`ALTER TABLE identity.${table} NO FORCE ROW LEVEL SECURITY`)
    for (const statement of statements) await client.query(statement)
    for (const table of tables) await client.query(`ALTER TABLE identity.${table} FORCE ROW LEVEL SECURITY`)
  })
}

interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

/** The link in the newest mail to an address, as path and token. */
export function linkTo(mails: readonly Mail[], to: string, path: string): string {
  const mail = mails.find((one) => one.to === to && one.text.includes(`/${path}`))
  const token = new RegExp(`/${path}(?:\\?token=|/)(\\S+)`).exec(mail?.text ?? '')?.[1]
  if (!token) throw new Error(`no mail to ${to} links to ${path}`)
  return decodeURIComponent(token)
}

/** The error of an answer, if it is one. */
export const errorOf = ({ body }: { body: unknown }): { code: string; message: string } | undefined =>
  errorBody.safeParse(body).data?.error

export const codeOf = (reply: { body: unknown }): string | undefined => errorOf(reply)?.code

export const statusesOf = (replies: readonly { status: number }[]): number[] =>
  replies.map(({ status }) => status).toSorted((left, right) => left - right)

export const failing = { allowFailure: true } as const
