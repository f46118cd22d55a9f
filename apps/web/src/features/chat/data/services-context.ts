import type { QueryClient } from '@tanstack/react-query'
import { createContext } from 'react'
import { onSessionEnd } from '../../../api/session.tsx'
import type { ChatServices } from './chat-services.ts'

/** One set of services per query client and owner, however many lazily loaded screens ask for it. */
class ServicesRegistry {
  #current: { client: QueryClient; owner: string; services: ChatServices } | null = null
  #listens = false

  get(client: QueryClient, owner: string, create: () => ChatServices): ChatServices {
    const known = this.#current
    if (known?.client === client && known.owner === owner) return known.services
    this.#close()
    if (!this.#listens) onSessionEnd(() => this.#close())
    this.#listens = true
    const services = create()
    this.#current = { client, owner, services }
    return services
  }

  #close(): void {
    this.#current?.services.close()
    this.#current = null
  }
}

/** The default serves the whole page, so that no screen depends on a provider around it. */
export const ServicesContext = createContext(new ServicesRegistry())
