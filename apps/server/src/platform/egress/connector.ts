import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { AddressPolicy } from './addresses.ts'
import { connectFailure, EgressError } from './errors.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** Gives all addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>

export interface ConnectorOptions {
  readonly policy: AddressPolicy
  /** Origins that may lead anywhere, as `URL.origin` writes them. */
  readonly allowedOrigins: ReadonlySet<string>
  readonly resolve: Resolve
  readonly timeoutMs: number
}

/**
 * Connects only where the policy allows. The check is made on the very addresses that the connection will use, so that
 * a name that answers differently the next time gains nothing; and once more on the address that was reached.
 */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const { policy, allowedOrigins, resolve, timeoutMs } = options
  const common = { timeout: timeoutMs, allowH2: false, keepAlive: true, autoSelectFamily: true }
  const free = buildConnector({ ...common, lookup: lookupThrough(resolve, () => true) })
  const guarded = buildConnector({ ...common, lookup: lookupThrough(resolve, policy.allows) })

  return (target, callback) => {
    const isFree = allowedOrigins.has(originOf(target))
    const { hostname } = target
    if (!isFree && isIP(hostname) !== 0 && !policy.allows(hostname)) {
      callback(refused(hostname), null)
      return
    }
    const connect = isFree ? free : guarded
    connect(target, (...[error, socket]) => {
      if (error) {
        callback(connectFailure(error), null)
        return
      }
      const reached = socket.remoteAddress ?? ''
      if (isFree || policy.allows(reached)) callback(null, socket)
      else {
        socket.destroy()
        callback(refused(reached), null)
      }
    })
  }
}

const refused = (address: string): EgressError =>
  new EgressError('address-refused', false, { detail: address })

const originOf = ({ protocol, host, hostname }: buildConnector.Options): string =>
  new URL(`${protocol}//${host ?? hostname}`).origin

function lookupThrough(resolve: Resolve, allows: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => void answer(hostname, options, callback)

  async function answer(...[hostname, options, callback]: Parameters<LookupFunction>): Promise<void> {
    try {
      const found = await resolve(hostname)
      const usable = found.filter(
        ({ address, family }) => allows(address) && isWanted(family, options.family),
      )
      const [first] = usable
      if (!first) throw refused(`${hostname} → ${found.map(({ address }) => address).join(', ')}`)
      if (options.all) callback(null, usable)
      else callback(null, first.address, first.family)
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), '')
    }
  }
}

const isWanted = (family: number, wanted: number | string | undefined): boolean =>
  wanted === undefined || wanted === 0 || wanted === family || wanted === `IPv${family}`
