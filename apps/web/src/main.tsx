import './app.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { followAppearance } from './api/preferences.ts'
import { queries } from './api/queries.ts'
import { createQueryClient } from './api/query-client.ts'
import { PartError } from './routes/lazy-part.tsx'
import { router } from './routes/router.tsx'

const client = createQueryClient()
void client.prefetchQuery(queries.bootstrap())
followAppearance()

const container = document.getElementById('root')
if (!container) throw new Error('index.html has no #root')
createRoot(container, { onCaughtError: reportCaught }).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)

/** What stands in for a part that could not be read says so itself; the browser notes the request that failed. */
function reportCaught(error: unknown): void {
  if (!(error instanceof PartError)) reportError(error)
}
