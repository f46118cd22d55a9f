import { fileRoutes, pathOf } from '@atrium/contract'
import type { Clock } from '#platform/clock'
import type { Keyring } from '#platform/secrets'
import { fileErrors } from './errors.ts'

export type Disposition = 'inline' | 'attachment'

/** What a signature vouches for. */
export interface Delivery {
  readonly workspaceId: string
  readonly fileId: string
  /** Seconds since 1970. */
  readonly expires: number
  readonly disposition: Disposition
}

/** Addresses that open one file for a short time, to whoever has them. */
export interface UrlSigner {
  mint(workspaceId: string, fileId: string, disposition: Disposition): { url: string; expiresAt: string }
  /** @throws AppError 403 for an address that was changed, made up or has expired */
  check(delivery: Delivery, signature: string): void
}

const lifeSeconds = 300
const purpose = 'files.delivery'

export function createUrlSigner(keyring: Keyring, clock: Clock): UrlSigner {
  return {
    mint: (workspaceId, fileId, disposition) => {
      const expires = Math.floor(clock.now().getTime() / 1000) + lifeSeconds
      const signature = keyring.sign(purpose, messageOf({ workspaceId, fileId, expires, disposition }))
      const url = pathOf(fileRoutes.deliverFile, {
        params: { workspaceId, fileId },
        query: { expires, disposition, signature },
      })
      return { url, expiresAt: new Date(expires * 1000).toISOString() }
    },
    check: (delivery, signature) => {
      if (!keyring.verify(purpose, messageOf(delivery), signature)) throw fileErrors.signatureInvalid()
      const left = delivery.expires - clock.now().getTime() / 1000
      if (left <= 0) throw fileErrors.addressExpired()
      // Minted by us, yet longer than we mint: the clock went back.
      if (left > lifeSeconds + 60) throw fileErrors.signatureInvalid()
    },
  }
}

function messageOf({ workspaceId, fileId, expires, disposition }: Delivery): string {
  const path = pathOf(fileRoutes.deliverFile, { params: { workspaceId, fileId } })
  return JSON.stringify(['GET', path, workspaceId, expires, disposition])
}
