import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const server = process.env.ATRIUM_SERVER ?? 'http://127.0.0.1:8000'

const link = (attrs: Record<string, string>) => ({ tag: 'link', attrs, injectTo: 'head' as const })

/**
 * Lets the browser fetch the text font and the chat together with the first scripts instead of after them.
 * On the sign-in page that warms the cache for what comes next.
 */
const preload: Plugin = {
  name: 'preload',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle = {} }) {
      return Object.values(bundle).flatMap((file) => {
        const href = `/${file.fileName}`
        if (/instrument-sans-latin-wght-normal.*woff2$/.test(href)) {
          return link({ rel: 'preload', as: 'font', type: 'font/woff2', href, crossorigin: '' })
        }
        if (file.type === 'chunk' && file.name === 'chat')
          return link({ rel: 'modulepreload', href, crossorigin: '' })
        return []
      })
    },
  },
}

const pwa = VitePWA({
  strategies: 'generateSW',
  registerType: 'prompt',
  injectRegister: false,
  includeAssets: ['icon.svg', 'apple-touch-icon.png', 'theme.js'],
  manifest: {
    id: '/',
    name: 'Atrium',
    short_name: 'Atrium',
    description: 'Chat workspace, model gateway and agent console, run by your team.',
    start_url: '/',
    display: 'standalone',
    background_color: '#faf9f7',
    theme_color: '#faf9f7',
    icons: [
      { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
      { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
      { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
      { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
    ],
    shortcuts: [
      { name: 'New chat', url: '/' },
      { name: 'Search', url: '/search' },
    ],
  },
  workbox: {
    // The shell only. Grammars and formula fonts come from the network; API answers are never cached here.
    globPatterns: ['index.html', 'theme.js', 'assets/*.{js,css}', 'assets/*latin-wght-normal*.woff2'],
    globIgnores: ['assets/extra/**'],
    navigateFallback: '/index.html',
    navigateFallbackAllowlist: [
      /^\/$/,
      /^\/(c|search|usage|insights|traces|keys|teams|budgets|models|routing|playground|sign-in|sign-up|invitations|reset-password|verify-email)\b/,
    ],
    cleanupOutdatedCaches: true,
    clientsClaim: false,
    skipWaiting: false,
    sourcemap: false,
  },
})

/** Rarely needed parts, one file each: kept apart so that they are not part of the offline shell. */
const extra = /node_modules\/(@shikijs\/(langs|themes)|katex|mermaid)\//

const firstLibraries =
  /node_modules\/(react|react-dom|scheduler|@tanstack\/(react-router|router-core|history|react-query|query-core|react-store|store))\//
/** What is drawn at once around every screen; forms, tables and questions come with the screens that have them. */
const shellParts = new RegExp(
  [
    'src/api/(?!Loaded|use-action|later-routes)',
    String.raw`src/ui/(?!(?:Field|TextField|TextArea|PasswordField|Select|Switch|Checkbox|Table|ConfirmDialog|validity|index)\.)`,
    'src/routes/(?!chat-parts)',
    'src/features/shell/(?!PaletteResults|ShortcutSheet|Checklist|use-checklist|use-conversation|command-search)',
    'src/paths',
  ].join('|'),
)
/** The chat without its dialogs, finder, search screen, long-thread view, formulas and highlighter. */
const chatParts =
  /src\/(routes\/chat-parts|features\/(chat|files|realtime)\/(?!dialogs|search\/|thread\/EditForm|SearchScreen|.*(FindBar|VirtualTurns|Formula|highlight|[Vv]irtual|download|languages|transfer)))/

export default defineConfig({
  plugins: [react(), tailwindcss(), preload, pwa],
  server: {
    host: '127.0.0.1',
    proxy: { '/api': server, '/files': server },
  },
  // Grammars are files of their own, read when a language is met.
  worker: {
    format: 'es',
    rolldownOptions: { output: { chunkFileNames: 'assets/extra/[name]-[hash].js' } },
  },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    modulePreload: { polyfill: false },
    // Read by the check of the byte budget.
    manifest: 'bundle.json',
    rolldownOptions: {
      output: {
        chunkFileNames: (chunk) =>
          chunk.moduleIds.some((id) => extra.test(id))
            ? 'assets/extra/[name]-[hash].js'
            : 'assets/[name]-[hash].js',
        codeSplitting: {
          // One file of libraries, one of what every screen needs, one of what the chat needs: fewer requests
          // and better compression than a file for each set of modules that some screens share.
          groups: [
            { name: 'libraries', test: firstLibraries, priority: 3 },
            { name: 'shell', test: shellParts, priority: 2 },
            { name: 'chat', test: chatParts, priority: 1 },
          ],
        },
      },
    },
  },
})
