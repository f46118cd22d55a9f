/** Every address inside the app. Components link through these, so that a changed address changes here. */
export const paths = {
  home: () => '/',
  conversation: (conversationId: string) => `/c/${encodeURIComponent(conversationId)}`,
  message: (conversationId: string, messageId: string) =>
    `/c/${encodeURIComponent(conversationId)}?message=${encodeURIComponent(messageId)}`,
  search: (q?: string) => (q ? `/search?q=${encodeURIComponent(q)}` : '/search'),
  usage: (filters: UsageFilters = {}) => withSearch('/usage', filters),
  /** The names of its filters are with its screen. */
  insights: (search: SearchTexts = {}) => withSearch('/insights', search),
  keys: () => '/keys',
  teams: () => '/teams',
  budgets: () => '/budgets',
  models: (filters: ModelFilters = {}) => withSearch('/models', filters),
  routing: (alias?: string) => withSearch('/routing', alias ? { alias } : {}),
  /** The names of its filters are with its screen. */
  traces: (search: SearchTexts = {}) => withSearch('/traces', search),
  trace: (traceId: string, span?: string) =>
    withSearch(`/traces/${encodeURIComponent(traceId)}`, span ? { span } : {}),
  playground: (model?: string) => withSearch('/playground', model ? { model } : {}),
  signIn: (next?: string) =>
    next && next !== '/' ? `/sign-in?next=${encodeURIComponent(next)}` : '/sign-in',
  signUp: (invitation?: string) =>
    invitation ? `/sign-up?invitation=${encodeURIComponent(invitation)}` : '/sign-up',
  welcome: () => '/welcome',
  device: (code?: string) => (code ? `/device?user_code=${encodeURIComponent(code)}` : '/device'),
  invitation: (token: string) => `/invitations/${encodeURIComponent(token)}`,
  resetPassword: (token?: string) =>
    token ? `/reset-password?token=${encodeURIComponent(token)}` : '/reset-password',
  verifyEmail: (token?: string) =>
    token ? `/verify-email?token=${encodeURIComponent(token)}` : '/verify-email',
}

/** What the screen of usage shows. Only what was chosen stands in the address. */
export const usageFilters = [
  'days',
  'by',
  'measure',
  'personId',
  'teamId',
  'keyId',
  'model',
  'alias',
  'connectionId',
  'purpose',
  'status',
  'call',
] as const
export type UsageFilters = Partial<Record<(typeof usageFilters)[number], string>>

/** What the screen of models shows; `model` is the one whose details are open. */
export const modelFilters = ['q', 'connection', 'can', 'price', 'offered', 'model'] as const
export type ModelFilters = Partial<Record<(typeof modelFilters)[number], string>>

type SearchTexts = Readonly<Record<string, string | undefined>>

function withSearch(path: string, values: SearchTexts): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value) search.set(name, value)
  return search.size > 0 ? `${path}?${search.toString()}` : path
}

const settingsSections = [
  'Profile',
  'Appearance',
  'Security',
  'Styles',
  'Workspace',
  'Members',
  'Models',
  'ApiKeys',
  'Audit',
  'Mail',
] as const
export type SettingsSection = (typeof settingsSections)[number]

/** Settings lie over the current page: only the fragment changes. */
export const settingsHash = (section: SettingsSection = 'Profile'): string => `settings/${section}`

/** The section that a fragment opens, or null when it opens none. */
export function settingsSectionOf(hash: string): SettingsSection | null {
  const [root, name = ''] = hash.replace(/^#/, '').split('/')
  if (root !== 'settings') return null
  return settingsSections.find((section) => section.toLowerCase() === name.toLowerCase()) ?? 'Profile'
}

/** A path given from outside is followed only when it stays inside the app. */
export function safeNext(next: string | undefined): string {
  return next?.startsWith('/') && !/^\/[/\\]/.test(next) ? next : '/'
}
