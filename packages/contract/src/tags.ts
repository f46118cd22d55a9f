/** The groups of the API in the order in which its reference shows them: the `tag` of each route is one of the names. */
export const apiTags: readonly {
  readonly name: string
  readonly title: string
  readonly description: string
}[] = [
  {
    name: 'gateway',
    title: 'Gateway',
    description:
      'Calls of models in the dialects of OpenAI, Anthropic, Google and Ollama, for the SDKs of those providers.',
  },
  {
    name: 'chat',
    title: 'Chat',
    description: 'Conversations, turns and their streams, styles, search, export and import.',
  },
  { name: 'files', title: 'Files', description: 'Attachments of messages.' },
  {
    name: 'models',
    title: 'Models',
    description: 'Connections to providers, the catalogue, routing policies and the health of deployments.',
  },
  {
    name: 'telemetry',
    title: 'Telemetry',
    description: 'Where OpenTelemetry exporters send what agents do.',
  },
  {
    name: 'insights',
    title: 'Insights',
    description: 'What spans add up to: usage, costs and times, over time and by dimension.',
  },
  { name: 'prices', title: 'Prices', description: 'Prices of your own, and rating recorded calls again.' },
  { name: 'currencies', title: 'Currencies', description: 'Exchange rates for showing costs.' },
  { name: 'usage', title: 'Usage', description: 'What was called, by whom, and what it cost.' },
  {
    name: 'ledger',
    title: 'Budgets',
    description: 'Budgets, credits, open holds and the verification of the book.',
  },
  { name: 'admission', title: 'Limits', description: 'Requests, tokens and calls at a time.' },
  {
    name: 'identity',
    title: 'People and access',
    description: 'Sign-in, workspaces, members, teams, invitations, API keys and the audit log.',
  },
  { name: 'realtime', title: 'Realtime', description: 'The stream that keeps open screens in step.' },
]

/** What the reference says before its routes, in Markdown. */
export const apiIntroduction = `The AI platform a team runs itself.

**Signing in.** Send an API key as \`Authorization: Bearer atr_…\`; the console makes them under *Keys*. Browsers use the cookie of their session. A key belongs to one workspace and may do what its scopes say.

**Errors** have one shape: \`{ "error": { "code", "message", "requestId", "details"? } }\`. Endpoints of the gateway answer errors in the dialect of their provider instead.

**Repeating.** Send an \`Idempotency-Key\` with what creates something, and a repetition gets the first answer.

**Lists** come in pages: send the \`meta.nextCursor\` of a page as \`cursor\` to get the one after it.

**Limits.** \`429\` comes with \`Retry-After\` and \`RateLimit-*\`. Amounts of money are integers of nano-USD, written as text.`
