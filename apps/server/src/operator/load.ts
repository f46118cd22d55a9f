import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type pg from 'pg'
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams'
import type { ArchiveHeader } from './archive-format.ts'
import { damaged } from './backup-error.ts'

/** Fills the tables of a database that migrations have just made; everything or nothing. */
export interface Loader {
  /** The next part of a table's rows; the parts of one table follow each other. */
  add(table: string, part: AsyncIterable<Uint8Array>): Promise<void>
  /** Sets everything back that loading has put aside, and commits; gives the rows of each table. */
  finish(): Promise<ReadonlyMap<string, number>>
}

/**
 * While rows come in, foreign keys, triggers and forced row-level security are put aside: rows may refer to later
 * ones, and what triggers have derived is in the backup too. Foreign keys are checked when they come back.
 * @param client the tables' owner
 */
export async function beginLoading(client: pg.Client, header: ArchiveHeader): Promise<Loader> {
  await client.query('BEGIN')
  const catalogue = await readCatalogue(client)
  const wanted = new Map(header.tables.map((table) => [`${table.schema}.${table.name}`, table]))
  for (const name of wanted.keys())
    if (!catalogue.tables.has(name)) throw damaged(`it has an unknown table ${name}`)
  await putAside(client, catalogue)
  for (const partition of header.partitions) await addPartition(client, catalogue, partition)
  const rows = new Map<string, number>()
  let open: { table: string; stream: CopyStreamQuery } | null = null

  const close = async (): Promise<void> => {
    if (!open) return
    const { table, stream } = open
    open = null
    stream.end()
    await finished(stream)
    rows.set(table, stream.rowCount)
  }

  return {
    add: async (table, part) => {
      if (open?.table !== table) {
        await close()
        open = { table, stream: copyInto(client, wanted.get(table), table, rows.has(table)) }
      }
      for await (const chunk of part) await write(open.stream, chunk)
    },
    finish: async () => {
      await close()
      await setBack(client, catalogue)
      for (const { schema, name, lastValue } of header.sequences) {
        const sequence = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`
        await client.query('SELECT setval($1::regclass, $2::bigint)', [sequence, lastValue])
      }
      await client.query('COMMIT')
      await client.query('ANALYZE')
      return rows
    },
  }
}

/** Makes a part of a table as the installation made it; the text of its bounds has the form of a date or a time. */
async function addPartition(
  client: pg.Client,
  { tables }: Catalogue,
  { schema, name, parent, from, to }: ArchiveHeader['partitions'][number],
): Promise<void> {
  if (tables.has(`${schema}.${name}`)) return
  const whole = tables.get(`${schema}.${parent}`)
  if (!whole) throw damaged(`it has a part of an unknown table ${schema}.${parent}`)
  const quoted = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`
  await client.query(
    `CREATE TABLE ${quoted} PARTITION OF ${whole.quoted} FOR VALUES FROM ('${from}') TO ('${to}')`,
  )
  await client.query(`SELECT platform.protect('${quoted}'::regclass)`)
}

function copyInto(
  client: pg.Client,
  table: ArchiveHeader['tables'][number] | undefined,
  name: string,
  isSecond: boolean,
): CopyStreamQuery {
  if (!table || isSecond) throw damaged(`rows of ${name} stand where none belong`)
  const columns = table.columns.map((column) => client.escapeIdentifier(column)).join(', ')
  const target = `${client.escapeIdentifier(table.schema)}.${client.escapeIdentifier(table.name)}`
  return client.query(copyFrom(`COPY ${target} (${columns}) FROM STDIN`))
}

async function write(stream: Writable, chunk: Uint8Array): Promise<void> {
  if (!stream.write(chunk)) await once(stream, 'drain')
}

interface Catalogue {
  /** Quoted, by plain name. */
  readonly tables: ReadonlyMap<string, { readonly quoted: string; readonly isForced: boolean }>
  readonly foreignKeys: readonly {
    readonly table: string
    readonly name: string
    readonly definition: string
  }[]
}

const ownTables = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = n.nspowner`

async function readCatalogue(client: pg.Client): Promise<Catalogue> {
  const tables = await client.query<{ name: string; quoted: string; isForced: boolean }>(
    `SELECT n.nspname || '.' || c.relname AS name, c.oid::regclass::text AS quoted, c.relforcerowsecurity AS "isForced"
     FROM ${ownTables}
     WHERE r.rolname = current_user AND c.relkind IN ('r', 'p') AND n.nspname || '.' || c.relname <> 'platform.migrations'`,
  )
  const foreignKeys = await client.query<Catalogue['foreignKeys'][number]>(
    `SELECT c.oid::regclass::text AS table, quote_ident(k.conname) AS name, pg_get_constraintdef(k.oid) AS definition
     FROM pg_constraint k JOIN ${ownTables} ON c.oid = k.conrelid
     WHERE r.rolname = current_user AND k.contype = 'f' AND k.conparentid = 0`,
  )
  return {
    tables: new Map(tables.rows.map(({ name, ...rest }) => [name, rest])),
    foreignKeys: foreignKeys.rows,
  }
}

async function putAside(client: pg.Client, { tables, foreignKeys }: Catalogue): Promise<void> {
  for (const { table, name } of foreignKeys)
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`)
  for (const { quoted } of tables.values()) {
    await client.query(`ALTER TABLE ${quoted} DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY`)
  }
  // Migrations may have put rows there.
  await client.query(`TRUNCATE ${[...tables.values()].map(({ quoted }) => quoted).join(', ')}`)
}

async function setBack(client: pg.Client, { tables, foreignKeys }: Catalogue): Promise<void> {
  for (const { table, name, definition } of foreignKeys) {
    await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`)
  }
  for (const { quoted, isForced } of tables.values()) {
    const force = isForced ? ', FORCE ROW LEVEL SECURITY' : ''
    await client.query(`ALTER TABLE ${quoted} ENABLE TRIGGER USER${force}`)
  }
}
