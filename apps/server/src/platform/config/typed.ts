import { resolve } from 'node:path'
import type { ParsedFlags } from './parse.ts'
import type { Problem } from './problem.ts'
import { Secret } from './secret.ts'
import { type ParsedEnvironment, type Target, type VariableName, variables } from './variables.ts'

/** A provider that the operator connects through the environment; `baseUrl` is null for the provider's own address. */
export interface ProviderConfig {
  readonly apiKey: Secret | null
  readonly baseUrl: string | null
}

/** Everything that the operator decides, parsed and complete. Secrets are wrapped: see `Secret`. */
export interface ServerConfig {
  readonly target: Target
  readonly http: {
    readonly host: string
    readonly port: number
    /** Origin for links, without a trailing slash. */
    readonly publicUrl: string
    /** Host names to answer to, beside loopback and that of `publicUrl`; lower case, perhaps with a port. */
    readonly allowedHosts: readonly string[]
    /** CIDR ranges whose `X-Forwarded-*` headers are believed. */
    readonly trustedProxies: readonly string[]
  }
  readonly otlpGrpc: {
    /** 0 for none. */
    readonly port: number
    /** Whether the operator has named it, so that another program at this port is an error. */
    readonly isNamed: boolean
  }
  /** Absolute. */
  readonly dataDir: string
  readonly database:
    | { readonly mode: 'embedded' }
    | {
        readonly mode: 'external'
        readonly ownerUrl: Secret
        /** Where its read replicas are; who signs in there and to what is the same as at the primary. */
        readonly replicaUrls: readonly Secret[]
      }
  readonly storage: {
    /** How much the files of one workspace may take together. */
    readonly workspaceBytes: number
  }
  readonly identity: {
    /** How many workspaces one person may own. */
    readonly maxOwnedWorkspaces: number
  }
  readonly chat: {
    /** How many answers one person may have under way in a workspace. */
    readonly maxLiveRuns: number
  }
  /** Null: made once and kept in the data directory; `loadMasterSecret` gives it in both cases. */
  readonly masterSecret: Secret | null
  readonly bootstrap: {
    readonly admin: { readonly email: string; readonly password: Secret } | null
    readonly apiKey: Secret | null
  }
  readonly providers: {
    readonly anthropic: ProviderConfig
    readonly openai: ProviderConfig
    readonly gemini: ProviderConfig
    /** Null unless the operator names an address. */
    readonly ollama: { readonly baseUrl: string } | null
  }
  readonly mail:
    | { readonly mode: 'outbox' }
    | { readonly mode: 'smtp'; readonly url: Secret; readonly from: string }
  readonly egress: {
    /** Ranges that may be reached although they are private. */
    readonly allowedCidrs: readonly string[]
    /** Origins that the operator named as a provider's address: allowed wherever they lead, to what is made of them. */
    readonly providerOrigins: readonly string[]
  }
  readonly log: { readonly level: string }
  /** Whether workspaces find their own calls and turns among their traces: with what was written, without, or not. */
  readonly selfTracing: 'on' | 'figures' | 'off'
  readonly telemetry:
    | { readonly mode: 'off' }
    | { readonly mode: 'otlp'; readonly endpoint: string; readonly headers: ReadonlyMap<string, Secret> }
  /** Null: the process does not tell what it does. */
  readonly metrics: { readonly token: Secret } | null
}

/** Builds the typed configuration; what contradicts itself is left out and reported by `contradictions`. */
export function toServerConfig(env: ParsedEnvironment, flags: ParsedFlags, cwd: string): ServerConfig {
  const port = flags.port ?? env.PORT ?? 8000
  return {
    target: flags.target,
    http: {
      host: env.HOST ?? '127.0.0.1',
      port,
      publicUrl: env.ATRIUM_PUBLIC_URL ?? `http://localhost:${port}`,
      allowedHosts: env.ATRIUM_ALLOWED_HOSTS ?? [],
      trustedProxies: env.ATRIUM_TRUSTED_PROXIES ?? [],
    },
    otlpGrpc: {
      port: env.ATRIUM_OTLP_GRPC_PORT ?? (port === 0 ? 0 : 4317),
      isNamed: env.ATRIUM_OTLP_GRPC_PORT !== undefined,
    },
    dataDir: resolve(cwd, env.ATRIUM_DATA_DIR ?? 'data'),
    database: databaseOf(env),
    storage: { workspaceBytes: env.ATRIUM_WORKSPACE_STORAGE_BYTES ?? 10 * 1024 ** 3 },
    identity: { maxOwnedWorkspaces: env.ATRIUM_WORKSPACES_PER_PERSON ?? 10 },
    chat: { maxLiveRuns: env.ATRIUM_MAX_LIVE_RUNS ?? 2000 },
    masterSecret: wrap(env.ATRIUM_SECRET),
    bootstrap: { admin: adminOf(env), apiKey: wrap(env.ATRIUM_BOOTSTRAP_API_KEY) },
    providers: {
      anthropic: { apiKey: wrap(env.ANTHROPIC_API_KEY), baseUrl: env.ANTHROPIC_BASE_URL ?? null },
      openai: { apiKey: wrap(env.OPENAI_API_KEY), baseUrl: env.OPENAI_BASE_URL ?? null },
      gemini: { apiKey: wrap(env.GEMINI_API_KEY), baseUrl: env.GEMINI_BASE_URL ?? null },
      ollama: env.OLLAMA_HOST === undefined ? null : { baseUrl: env.OLLAMA_HOST },
    },
    mail: mailOf(env),
    egress: { allowedCidrs: env.ATRIUM_EGRESS_ALLOW ?? [], providerOrigins: originsOf(env) },
    log: { level: env.LOG_LEVEL ?? 'info' },
    selfTracing: env.ATRIUM_SELF_TRACING ?? 'on',
    telemetry: telemetryOf(env),
    metrics: env.ATRIUM_METRICS_TOKEN === undefined ? null : { token: new Secret(env.ATRIUM_METRICS_TOKEN) },
  }
}

/** Settings that are each fine but do not fit together. */
export function contradictions(env: ParsedEnvironment, rejected: ReadonlySet<string>): Problem[] {
  const pairs: readonly (readonly [VariableName, VariableName])[] = [
    ['ATRIUM_ADMIN_EMAIL', 'ATRIUM_ADMIN_PASSWORD'],
    ['ATRIUM_ADMIN_PASSWORD', 'ATRIUM_ADMIN_EMAIL'],
    ['DATABASE_REPLICA_URLS', 'DATABASE_URL'],
    ['SMTP_URL', 'MAIL_FROM'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ]
  return pairs
    .filter(
      ([given, needed]) => env[given] !== undefined && env[needed] === undefined && !rejected.has(needed),
    )
    .map(([given, needed]) => ({
      setting: needed,
      problem: `is missing, and ${given} needs it`,
      example: `${needed}=${variables[needed].example}`,
    }))
}

const wrap = (value: string | undefined): Secret | null => (value === undefined ? null : new Secret(value))

function databaseOf(env: ParsedEnvironment): ServerConfig['database'] {
  if (env.DATABASE_URL === undefined) return { mode: 'embedded' }
  return {
    mode: 'external',
    ownerUrl: new Secret(env.DATABASE_URL),
    replicaUrls: (env.DATABASE_REPLICA_URLS ?? []).map((url) => new Secret(url)),
  }
}

function adminOf(env: ParsedEnvironment): ServerConfig['bootstrap']['admin'] {
  if (env.ATRIUM_ADMIN_EMAIL === undefined || env.ATRIUM_ADMIN_PASSWORD === undefined) return null
  return { email: env.ATRIUM_ADMIN_EMAIL, password: new Secret(env.ATRIUM_ADMIN_PASSWORD) }
}

function mailOf(env: ParsedEnvironment): ServerConfig['mail'] {
  if (env.SMTP_URL === undefined || env.MAIL_FROM === undefined) return { mode: 'outbox' }
  return { mode: 'smtp', url: new Secret(env.SMTP_URL), from: env.MAIL_FROM }
}

function originsOf(env: ParsedEnvironment): string[] {
  const urls = [env.ANTHROPIC_BASE_URL, env.OPENAI_BASE_URL, env.GEMINI_BASE_URL, env.OLLAMA_HOST]
  return [...new Set(urls.filter((url) => url !== undefined).map((url) => new URL(url).origin))]
}

function telemetryOf(env: ParsedEnvironment): ServerConfig['telemetry'] {
  if (env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return { mode: 'off' }
  const headers = Object.entries(env.OTEL_EXPORTER_OTLP_HEADERS ?? {})
  return {
    mode: 'otlp',
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: new Map(headers.map(([name, value]) => [name, new Secret(value)])),
  }
}
