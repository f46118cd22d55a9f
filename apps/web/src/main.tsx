import './app.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { followAppearance } from './api/preferences.ts'
import { queries } from './api/queries.ts'
import { createQueryClient } from './api/query-client.ts'
import { router } from './routes/router.tsx'

const client = createQueryClient()
void client.prefetchQuery(queries.bootstrap())
followAppearance()

const container = document.getElementById('root')
if (!container) throw new Error('index.html has no #root')
createRoot(container).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
