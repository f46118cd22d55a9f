import type { Client } from './client.ts'
import type { Devices } from './devices.ts'
import type { Limit, Limits } from './limits.ts'
import { networkOf } from './networks.ts'

/** An attempt to sign in that may be made. */
export interface Attempt {
  /** Makes the attempt undone that turned out to be rightful; gives the cookie that makes the browser known. */
  succeeded(): Promise<string>
}

/**
 * Slows down who guesses passwords without keeping out who knows one. Attempts are counted per account and network:
 * what others do elsewhere never refuses the first attempts of a network. When many networks try one account, each of
 * them gets fewer. A browser that is known to the account has attempts of its own.
 */
export interface SignInGuard {
  /** @throws AppError 429 after too many attempts */
  admit(email: string, client: Client): Promise<Attempt>
}

const windowSeconds = 900

export function createSignInGuard(limits: Limits, devices: Devices): SignInGuard {
  /** The attempts that a stranger may make; the ones that were counted. */
  const asStranger = async (email: string, { network, address }: Client): Promise<Limit[]> => {
    const own = [
      limit('sign-in', `${email} ${network}`, 10),
      limit('sign-in network', networkOf(address, 48), 100),
    ]
    await limits.take(own)
    // Counted after its network's own limit, so that no single one can bring the account under strain.
    const all = limit('sign-in account', email, 100)
    if (await limits.allow([all])) return [...own, all]
    const strained = limit('sign-in under strain', `${email} ${network}`, 2)
    await limits.take([strained])
    return [...own, all, strained]
  }

  const counted = async (email: string, client: Client, device: string | null): Promise<Limit[]> => {
    if (device === null) return asStranger(email, client)
    const own = [limit('sign-in device', `${email} ${device}`, 10), limit('sign-in devices', email, 100)]
    return (await limits.allow(own)) ? own : asStranger(email, client)
  }

  return {
    admit: async (email, client) => {
      const device = devices.find(client.cookie, email)
      const attempts = await counted(email, client, device)
      return {
        succeeded: async () => {
          await limits.giveBack(attempts)
          return devices.remember(email, device)
        },
      }
    },
  }
}

const limit = (name: string, subject: string, max: number): Limit => ({ name, subject, max, windowSeconds })
