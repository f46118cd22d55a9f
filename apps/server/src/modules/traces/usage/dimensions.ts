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
export type Dimension = (typeof dimensions)[number]

/** By what the sums by user are told apart: users are many, so the rest must not multiply them. */
export const userDimensions: ReadonlySet<Dimension> = new Set<Dimension>([
  'operation',
  'provider',
  'model',
  'environment',
  'team',
  'project',
  'end_user',
])

/** Operations that call a model. */
export const modelOperations = ['chat', 'text_completion', 'generate_content', 'embeddings'] as const
const calls: ReadonlySet<string> = new Set(modelOperations)

/** Whether a span is a call of a model; one whose sender does not say what it does is when it names one. */
export const isModelCall = (operation: string | null, model: string | null): boolean =>
  operation === null ? model !== null : calls.has(operation)
