import type { QueryClient } from '@tanstack/react-query'
import { createContext } from 'react'
import type { ChatServices } from './chat-services.ts'

/** One set of services per query client and owner, however many lazily loaded screens ask for it. */
class ServicesRegistry {
  readonly #byClient = new WeakMap<QueryClient, { owner: string; services: ChatServices }>()

  get(client: QueryClient, owner: string, create: () => ChatServices): ChatServices {
    const known = this.#byClient.get(client)
    if (known?.owner === owner) return known.services
    known?.services.streams.close()
    known?.services.outbox.close()
    const services = create()
    this.#byClient.set(client, { owner, services })
    return services
  }
}

/** The default serves the whole page, so that no screen depends on a provider around it. */
export const ServicesContext = createContext(new ServicesRegistry())
