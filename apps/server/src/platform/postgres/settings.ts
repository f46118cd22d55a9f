import { createServer } from 'node:net'
import { join } from 'node:path'
import { superuser } from './cluster.ts'
import type { Installation } from './installation.ts'
import type { Place } from './place.ts'

/** Where clients find the server: a socket in a private folder, or a port of the loopback interface. */
export type Endpoint =
  | { readonly kind: 'socket'; readonly folder: string; readonly port: number }
  | { readonly kind: 'loopback'; readonly port: number }

const socketPort = 5432

/** The kernel's limit for a socket's path, without the closing zero byte. */
const longestSocketPath = 107

/** @param keepPort the port of a server that may still be running. */
export async function chooseEndpoint(place: Place, keepPort: number | null): Promise<Endpoint> {
  const path = join(place.sockets, `.s.PGSQL.${socketPort}`)
  if (Buffer.byteLength(path) <= longestSocketPath)
    return { kind: 'socket', folder: place.sockets, port: socketPort }
  return { kind: 'loopback', port: keepPort ?? (await freePort()) }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** The connection string of the superuser. Its host part can be parsed and rewritten with `URL`. */
export function ownerUrlOf(endpoint: Endpoint, password: string): string {
  const host = endpoint.kind === 'socket' ? encodeURIComponent(endpoint.folder) : '127.0.0.1'
  return `postgresql://${superuser}:${password}@${host}:${endpoint.port}/postgres`
}

/** The server's command line: every setting that differs from PostgreSQL's own choice, with its reason where it needs one. */
export function serverArguments(place: Place, installation: Installation, endpoint: Endpoint): string[] {
  return [
    '-D',
    place.cluster,
    ...settings(installation, endpoint).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}

function settings(installation: Installation, endpoint: Endpoint): (readonly [string, string])[] {
  return [
    // Makes the command line differ after an upgrade, so that a server left running is not taken for the new one.
    ['atrium.postgres', installation.version],
    ['listen_addresses', endpoint.kind === 'socket' ? '' : '127.0.0.1'],
    ['unix_socket_directories', endpoint.kind === 'socket' ? endpoint.folder : ''],
    ['unix_socket_permissions', '0700'],
    ['port', String(endpoint.port)],
    ['max_connections', '120'],
    ['shared_buffers', '128MB'],
    ['fsync', 'on'],
    ['full_page_writes', 'on'],
    ['synchronous_commit', 'on'],
    ['wal_level', 'replica'],
    ['max_wal_size', '2GB'],
    ['random_page_cost', '1.1'],
    ['jit', 'off'],
    // Plans made for an empty table are kept until it is analysed; meanwhile a look at one row may read the whole table.
    ['autovacuum_naptime', '20s'],
    // Statements of a client that died are cancelled instead of holding their locks to the end.
    ['client_connection_check_interval', '2s'],
    ['timezone', 'UTC'],
    ['log_timezone', 'UTC'],
    ['logging_collector', 'on'],
    ['log_directory', 'log'],
    // A file per weekday, overwritten a week later.
    ['log_filename', 'postgresql-%a.log'],
    ['log_rotation_age', '1d'],
    ['log_rotation_size', '0'],
    ['log_truncate_on_rotation', 'on'],
    ['log_checkpoints', 'off'],
    // Statements, parameters and rows hold people's messages: they stay out of the log.
    ['log_error_verbosity', 'terse'],
    ['log_min_error_statement', 'panic'],
    ['log_parameter_max_length_on_error', '0'],
  ]
}
