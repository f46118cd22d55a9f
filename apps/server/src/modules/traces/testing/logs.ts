import { attributesOf, nsOf, valueOf, type Told } from './otlp-json.ts'

/** A log record as a test tells it. */
export interface LogOf {
  readonly atMs?: number
  readonly body?: string
  readonly attributes?: Told
  /** Any further fields of OTLP's record. */
  readonly more?: object
}

export const logOf = ({ atMs = Date.now(), body, attributes = {}, more }: LogOf): object => ({
  timeUnixNano: nsOf(atMs),
  severityNumber: 9,
  ...(body === undefined ? {} : { body: valueOf(body) }),
  attributes: attributesOf(attributes),
  ...more,
})

/** The body of a request to `/v1/logs`. */
export const logsOf = (records: readonly object[], resource: Told = { 'service.name': 'shop' }): object => ({
  resourceLogs: [
    {
      resource: { attributes: attributesOf(resource) },
      scopeLogs: [{ scope: { name: 'shop' }, logRecords: records }],
    },
  ],
})

/** What Claude Code adds to all it sends; https://code.claude.com/docs/en/monitoring-usage */
const ofClaudeCode = (session: string) => ({
  'session.id': session,
  'user.id': 'b2a1c0ffee',
  'user.account_uuid': '0d1f3c52-5a0e-4a6b-9c1e-5f6a7b8c9d0e',
  'user.email': 'dev@example.com',
  'organization.id': '5e0f6c1a-1111-4222-8333-444455556666',
  'terminal.type': 'vscode',
  'app.version': '2.1.0',
})

/** Events of one prompt in Claude Code, by its documentation: https://code.claude.com/docs/en/monitoring-usage#events */
export function claudeCodeEvents(session: string): object {
  const shared = { ...ofClaudeCode(session), 'prompt.id': '4f1c9d9e-0000-4000-8000-000000000001' }
  const event = (sequence: number, name: string, attributes: Told) =>
    logOf({
      atMs: Date.now() - 10_000 + sequence,
      body: `claude_code.${name}`,
      attributes: { ...shared, 'event.name': name, 'event.sequence': sequence, ...attributes },
    })
  const records = [
    event(1, 'user_prompt', { prompt: 'Fix the failing test', prompt_length: 20 }),
    event(2, 'api_request', {
      model: 'claude-sonnet-5',
      cost_usd: '0.0123',
      duration_ms: '4200',
      input_tokens: '12',
      output_tokens: '340',
      cache_read_tokens: '15000',
      cache_creation_tokens: '700',
      request_id: 'req_011',
    }),
    event(3, 'tool_result', { tool_name: 'Bash', success: 'true', duration_ms: '830' }),
    event(4, 'api_error', { model: 'claude-sonnet-5', error: 'Overloaded', status_code: '529', attempt: 1 }),
  ]
  return logsOf(records, { 'service.name': 'claude-code', 'service.version': '2.1.0', 'os.type': 'linux' })
}

/** Events of one turn in Codex; https://github.com/openai/codex/blob/main/docs/config.md (otel). */
export function codexEvents(session: string): object {
  const shared = {
    'conversation.id': session,
    'app.version': '0.130.0',
    'user.account_id': 'acc-77',
    model: 'gpt-5-codex',
    slug: 'gpt-5-codex',
  }
  const event = (at: number, name: string, attributes: Told) =>
    logOf({
      atMs: Date.now() - 10_000 + at,
      attributes: { ...shared, 'event.name': `codex.${name}`, ...attributes },
    })
  const records = [
    event(1, 'user_prompt', { prompt: '[REDACTED]', prompt_length: 12 }),
    event(2, 'sse_event', {
      'event.kind': 'response.completed',
      input_token_count: 900,
      cached_token_count: 600,
      output_token_count: 250,
      reasoning_token_count: 100,
      tool_token_count: 1150,
    }),
    event(3, 'tool_result', {
      tool_name: 'shell',
      call_id: 'c1',
      duration_ms: 95,
      success: 'true',
      output: 'ok',
    }),
  ]
  return logsOf(records, { 'service.name': 'codex_cli_rs', env: 'dev' })
}
