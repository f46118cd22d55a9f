import { join } from 'node:path'

/** Where the embedded database keeps what, under the data directory. */
export interface Place {
  readonly dataDir: string
  readonly root: string
  /** PostgreSQL's own data directory. */
  readonly cluster: string
  /** A cluster in the making. */
  readonly draft: string
  /** The private folder of the socket. */
  readonly sockets: string
  readonly password: string
  readonly lock: string
  readonly holder: string
  readonly startupLog: string
}

export function placeIn(dataDir: string): Place {
  const root = join(dataDir, 'postgres')
  return {
    dataDir,
    root,
    cluster: join(root, 'cluster'),
    draft: join(root, 'cluster.new'),
    sockets: join(root, 'run'),
    password: join(root, 'password'),
    lock: join(root, 'lock'),
    holder: join(root, 'pid'),
    startupLog: join(root, 'startup.log'),
  }
}

/** The embedded database cannot be used; the message tells the operator what to do. */
export class PostgresError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PostgresError'
  }
}
