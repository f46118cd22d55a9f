import { createRootRoute, createRoute, createRouter, stringifySearchWith } from '@tanstack/react-router'
import { Shell } from '../features/shell/Shell.tsx'
import { BlankPage } from './BlankPage.tsx'
import { ErrorScreen } from './ErrorScreen.tsx'
import { modelFilters, usageFilters } from '../paths.ts'
import { FailedPage } from './FailedPart.tsx'
import { NotFound } from './NotFound.tsx'
import { RootLayout } from './RootLayout.tsx'
import { lazyPart } from './lazy-part.tsx'
import { SignedIn } from './SignedIn.tsx'

const ChatScreen = lazyPart(async () => (await import('./chat-parts.ts')).ChatScreen)
const SearchScreen = lazyPart(async () => (await import('../features/chat/SearchScreen.tsx')).SearchScreen)
const console = () => import('../features/gateway/screens.ts')
const UsageScreen = lazyPart(async () => (await console()).UsageScreen)
const KeysScreen = lazyPart(async () => (await console()).KeysScreen)
const TeamsScreen = lazyPart(async () => (await console()).TeamsScreen)
const BudgetsScreen = lazyPart(async () => (await console()).BudgetsScreen)
const ModelsScreen = lazyPart(async () => (await console()).ModelsScreen)
const RoutingScreen = lazyPart(async () => (await console()).RoutingScreen)
const PlaygroundScreen = lazyPart(async () => (await console()).PlaygroundScreen)
const traceScreens = () => import('../features/traces/screens.ts')
const TracesScreen = lazyPart(async () => (await traceScreens()).TracesScreen)
const TraceScreen = lazyPart(async () => (await traceScreens()).TraceScreen)
const InsightsScreen = lazyPart(async () => (await import('../features/insights/screens.ts')).InsightsScreen)
const identity = () => import('../features/identity/screens.ts')
const page = { Waiting: BlankPage, Failed: FailedPage }
const SignIn = lazyPart(async () => (await identity()).SignIn, page)
const SignUp = lazyPart(async () => (await identity()).SignUp, page)
const Welcome = lazyPart(async () => (await identity()).Welcome, page)
const Invitation = lazyPart(async () => (await identity()).Invitation, page)
const ResetPassword = lazyPart(async () => (await identity()).ResetPassword, page)
const Device = lazyPart(async () => (await identity()).Device, page)
const VerifyEmail = lazyPart(async () => (await identity()).VerifyEmail, page)

/** Search parameters are texts; anything else in the address is dropped. */
const texts =
  <const N extends string>(...names: N[]) =>
  (search: Record<string, unknown>): Partial<Record<N, string>> => {
    const found: Partial<Record<N, string>> = {}
    for (const name of names) if (typeof search[name] === 'string') found[name] = search[name]
    return found
  }

const root = createRootRoute({ component: RootLayout })

const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SignedIn })
const shell = createRoute({ getParentRoute: () => signedIn, id: 'shell', component: Shell })

/** One screen serves both addresses, so that sending the first message does not draw it anew. */
const chat = createRoute({
  getParentRoute: () => shell,
  id: 'chat',
  component: function Chat() {
    const { conversationId } = conversation.useParams({ shouldThrow: false }) ?? {}
    return <ChatScreen conversationId={conversationId ?? null} />
  },
})
const home = createRoute({ getParentRoute: () => chat, path: '/' })
const conversation = createRoute({
  getParentRoute: () => chat,
  path: '/c/$conversationId',
  validateSearch: texts('message'),
})
const search = createRoute({
  getParentRoute: () => shell,
  path: '/search',
  validateSearch: texts('q'),
  component: SearchScreen,
})
const usage = createRoute({
  getParentRoute: () => shell,
  path: '/usage',
  validateSearch: texts(...usageFilters),
  component: UsageScreen,
})
const keys = createRoute({ getParentRoute: () => shell, path: '/keys', component: KeysScreen })
const teams = createRoute({ getParentRoute: () => shell, path: '/teams', component: TeamsScreen })
const budgets = createRoute({ getParentRoute: () => shell, path: '/budgets', component: BudgetsScreen })
const models = createRoute({
  getParentRoute: () => shell,
  path: '/models',
  validateSearch: texts(...modelFilters),
  component: ModelsScreen,
})
const routing = createRoute({
  getParentRoute: () => shell,
  path: '/routing',
  validateSearch: texts('alias'),
  component: RoutingScreen,
})
// Their screens read their filters themselves, so that the names of these come with them.
const insights = createRoute({ getParentRoute: () => shell, path: '/insights', component: InsightsScreen })
const traces = createRoute({ getParentRoute: () => shell, path: '/traces', component: TracesScreen })
const trace = createRoute({
  getParentRoute: () => shell,
  path: '/traces/$traceId',
  component: function Trace() {
    const { traceId } = trace.useParams()
    return <TraceScreen key={traceId} traceId={traceId} />
  },
})
const playground = createRoute({
  getParentRoute: () => shell,
  path: '/playground',
  validateSearch: texts('model'),
  component: PlaygroundScreen,
})

const welcome = createRoute({ getParentRoute: () => signedIn, path: '/welcome', component: Welcome })
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: texts('next'),
  component: SignIn,
})
const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  validateSearch: texts('invitation', 'next'),
  component: SignUp,
})
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitations/$token',
  component: function InvitationRoute() {
    const { token } = invitation.useParams()
    return <Invitation token={token} />
  },
})
const resetPassword = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  validateSearch: texts('token'),
  component: ResetPassword,
})
const verifyEmail = createRoute({
  getParentRoute: () => root,
  path: '/verify-email',
  validateSearch: texts('token'),
  component: VerifyEmail,
})

const device = createRoute({
  getParentRoute: () => root,
  path: '/device',
  validateSearch: texts('user_code'),
  component: Device,
})

const routeTree = root.addChildren([
  signedIn.addChildren([
    shell.addChildren([
      chat.addChildren([home, conversation]),
      search,
      usage,
      keys,
      teams,
      budgets,
      models,
      routing,
      insights,
      traces,
      trace,
      playground,
    ]),
    welcome,
  ]),
  signIn,
  signUp,
  invitation,
  resetPassword,
  verifyEmail,
  device,
])

export const router = createRouter({
  routeTree,
  // Texts stay texts: neither `7` days nor a search for `2026` may become a number.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: stringifySearchWith(String),
  defaultPendingComponent: BlankPage,
  defaultErrorComponent: ErrorScreen,
  defaultNotFoundComponent: NotFound,
  defaultHashScrollIntoView: false,
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
  interface HistoryState {
    openedSettings?: boolean
  }
}
