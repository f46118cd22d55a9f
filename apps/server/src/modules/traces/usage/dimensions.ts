/** What spans can be told apart by in the sums, as the columns of `usage_series` name it. */
export const dimensions = [
  'service',
  'operation',
  'provider',
  'model',
  'agent',
  'environment',
  'version',
  'team',
  'project',
  'end_user',
] as const

/** Operations that call a model. */
const calls: ReadonlySet<string> = new Set(['chat', 'text_completion', 'generate_content', 'embeddings'])

/** Whether a span is a call of a model; one whose sender does not say what it does is when it names one. */
export const isModelCall = (operation: string | null, model: string | null): boolean =>
  operation === null ? model !== null : calls.has(operation)
