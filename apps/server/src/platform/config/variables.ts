import { z } from 'zod'
import * as formats from './formats.ts'

/** The parts of the server that one process may run. */
export const targets = ['all', 'app', 'gateway', 'ingest', 'worker'] as const
export type Target = (typeof targets)[number]

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

const selfTracing = ['on', 'figures', 'off'] as const

interface Variable<Output> {
  readonly schema: z.ZodType<Output, string>
  /** Whether the value must never be shown. */
  readonly secret: boolean
  readonly about: string
  readonly example: string
}

const shown = <Output>(
  schema: z.ZodType<Output, string>,
  example: string,
  about: string,
): Variable<Output> => ({
  schema,
  secret: false,
  about,
  example,
})

const secret = <Output>(
  schema: z.ZodType<Output, string>,
  example: string,
  about: string,
): Variable<Output> => ({
  schema,
  secret: true,
  about,
  example,
})

/** THE table of settings: parsing, error messages and `--help` all come from it. */
export const variables = {
  PORT: shown(formats.port, '8000', 'Port to listen on; 0 takes any free one. Default 8000.'),
  HOST: shown(
    formats.host,
    '127.0.0.1',
    'Address to listen on. Default 127.0.0.1; 0.0.0.0 for every interface.',
  ),
  ATRIUM_OTLP_GRPC_PORT: shown(
    formats.port,
    '4317',
    'Port for OTLP over gRPC; 0 for none. Default 4317 where it is free, and none with PORT=0.',
  ),
  ATRIUM_PUBLIC_URL: shown(
    formats.httpOrigin,
    'https://atrium.example.com',
    'Where people reach Atrium; used in links. Default http://localhost:PORT.',
  ),
  ATRIUM_ALLOWED_HOSTS: shown(
    formats.hosts,
    'atrium.example.com,atrium.internal',
    'Further host names to answer to, beside loopback and the public URL.',
  ),
  ATRIUM_TRUSTED_PROXIES: shown(
    formats.cidrs,
    '10.0.0.0/8',
    'Proxies whose X-Forwarded-* headers are believed. Default none.',
  ),
  ATRIUM_DATA_DIR: shown(
    formats.path,
    './data',
    'Folder for the database, files and the generated secret. Default ./data.',
  ),
  DATABASE_URL: secret(
    formats.urlOf(['postgres', 'postgresql']),
    'postgresql://owner:password@db.example.com:5432/atrium',
    'PostgreSQL to use, as the owner who runs migrations. Default: an embedded one in the data folder.',
  ),
  DATABASE_REPLICA_URLS: secret(
    formats.urlsOf(['postgres', 'postgresql']),
    'postgresql://replica1.example.com:5432,postgresql://replica2.example.com:5432',
    'Streaming replicas of that PostgreSQL which may answer reads, separated by commas. Default none.',
  ),
  ATRIUM_SECRET: secret(
    formats.text(32, 1024),
    'the output of: openssl rand -base64 48',
    'Master secret. Default: made once and kept in the data folder.',
  ),
  ATRIUM_WORKSPACE_STORAGE_BYTES: shown(
    formats.bytes,
    '10737418240',
    'How much the files of one workspace may take together. Default 10 GiB.',
  ),
  ATRIUM_MAX_LIVE_RUNS: shown(
    formats.count,
    '2000',
    'How many answers one person may have under way in a workspace. Default 2000.',
  ),
  ATRIUM_WORKSPACES_PER_PERSON: shown(
    formats.count,
    '10',
    'How many workspaces one person may own; operators may own more. Default 10.',
  ),
  ATRIUM_ADMIN_EMAIL: shown(
    formats.email,
    'ada@example.com',
    'First administrator, made at the first start.',
  ),
  ATRIUM_ADMIN_PASSWORD: secret(
    formats.text(10, 128),
    'a passphrase of at least 10 characters',
    'Their password.',
  ),
  ATRIUM_BOOTSTRAP_API_KEY: secret(
    z
      .string()
      .regex(/^atr_[A-Za-z0-9_-]{24,200}$/, 'must be atr_ followed by 24 to 200 letters, digits, - or _'),
    'atr_ followed by the output of: openssl rand -hex 24',
    'API key of the first workspace, made at the first start.',
  ),
  ANTHROPIC_API_KEY: secret(formats.apiKey, 'sk-ant-…', 'Connects Anthropic.'),
  ANTHROPIC_BASE_URL: shown(formats.httpUrl, 'https://api.anthropic.com', 'Another address for Anthropic.'),
  OPENAI_API_KEY: secret(formats.apiKey, 'sk-…', 'Connects OpenAI.'),
  OPENAI_BASE_URL: shown(formats.httpUrl, 'https://api.openai.com/v1', 'Another address for OpenAI.'),
  GEMINI_API_KEY: secret(formats.apiKey, 'AIza…', 'Connects Google Gemini.'),
  GEMINI_BASE_URL: shown(
    formats.httpUrl,
    'https://generativelanguage.googleapis.com',
    'Another address for Google Gemini.',
  ),
  OLLAMA_HOST: shown(formats.ollamaHost, 'http://127.0.0.1:11434', 'Connects Ollama at this address.'),
  SMTP_URL: secret(
    formats.urlOf(['smtp', 'smtps']),
    'smtps://user:password@mail.example.com:465',
    'Mail server. Default: mails land in a local outbox.',
  ),
  MAIL_FROM: shown(
    formats.text(3, 320),
    'Atrium <atrium@example.com>',
    'Sender of mails; needed with SMTP_URL.',
  ),
  ATRIUM_EGRESS_ALLOW: shown(
    formats.cidrs,
    '10.1.2.0/24,192.168.1.10',
    'Private addresses that outgoing requests may reach all the same. Default none.',
  ),
  LOG_LEVEL: shown(
    z.enum(logLevels, `must be one of ${logLevels.join(', ')}`),
    'info',
    'How much to log. Default info.',
  ),
  ATRIUM_SELF_TRACING: shown(
    z.enum(selfTracing, `must be one of ${selfTracing.join(', ')}`),
    'figures',
    'Whether workspaces find their own calls and turns among their traces: on, figures (without what was written) or off. Default on.',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: shown(
    formats.httpUrl,
    'http://collector:4318',
    "OTLP/HTTP collector for Atrium's own traces. Default none.",
  ),
  OTEL_EXPORTER_OTLP_HEADERS: secret(
    formats.otlpHeaders,
    'authorization=Bearer%20token',
    'Headers for that collector, as name=value pairs.',
  ),
  ATRIUM_METRICS_TOKEN: secret(
    formats.text(16, 200),
    'the output of: openssl rand -hex 24',
    'Token with which Prometheus reads /metrics. Default none: nothing is there.',
  ),
}

/** Read by the command line only; whoever uses both may have set them. */
export const commandLineVariables: ReadonlySet<string> = new Set([
  'ATRIUM_API_KEY',
  'ATRIUM_CONFIG_DIR',
  'ATRIUM_PROFILE',
  'ATRIUM_URL',
  'ATRIUM_WORKSPACE',
])

export type VariableName = keyof typeof variables

/** What the environment says once it is parsed; a variable that is unset or empty is absent. */
export type ParsedEnvironment = {
  readonly [Name in VariableName]?: z.output<(typeof variables)[Name]['schema']>
}
