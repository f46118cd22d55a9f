import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const server = process.env.ATRIUM_SERVER ?? 'http://127.0.0.1:8000'

/** Lets the browser fetch the text font together with the styles instead of after them. */
const preloadFont: Plugin = {
  name: 'preload-font',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle }) {
      const font = Object.keys(bundle ?? {}).find((name) =>
        /instrument-sans-latin-wght-normal.*woff2$/.test(name),
      )
      if (!font) return []
      const attrs = { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${font}`, crossorigin: '' }
      return [{ tag: 'link', attrs, injectTo: 'head-prepend' }]
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
      /^\/(c|search|sign-in|sign-up|invitations|reset-password|verify-email)\b/,
    ],
    cleanupOutdatedCaches: true,
    clientsClaim: false,
    skipWaiting: false,
    sourcemap: false,
  },
})

/** Rarely needed parts, one file each: kept apart so that they are not part of the offline shell. */
const extra = /node_modules\/(@shikijs\/(langs|themes)|katex|mermaid)\//

export default defineConfig({
  plugins: [react(), tailwindcss(), preloadFont, pwa],
  server: {
    host: '127.0.0.1',
    proxy: { '/api': server, '/files': server },
  },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        chunkFileNames: (chunk) =>
          chunk.moduleIds.some((id) => extra.test(id))
            ? 'assets/extra/[name]-[hash].js'
            : 'assets/[name]-[hash].js',
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            {
              name: 'tanstack',
              test: /node_modules\/@tanstack\/(react-router|router-core|history|react-query|query-core|react-store|store)\//,
            },
          ],
        },
      },
    },
  },
})
