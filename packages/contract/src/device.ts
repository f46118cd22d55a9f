import { z } from 'zod'
import { line, text, timestamp } from './common.ts'
import { person } from './identity.ts'
import { route } from './route.ts'

/** How a device without a browser of its own, such as the command line, signs in (RFC 8628). */
export const deviceCode = z
  .object({
    /** Kept by the device; it asks with it until somebody has decided. */
    deviceCode: z.string(),
    /** Shown to the person, who compares or types it: eight letters and digits with a hyphen. */
    userCode: z.string(),
    verificationUrl: z.url(),
    /** The same page with the code filled in. */
    verificationUrlComplete: z.url(),
    expiresAt: timestamp,
    /** Ask no more often than this. */
    intervalSeconds: z.number(),
  })
  .meta({ id: 'DeviceCode' })
export type DeviceCode = z.infer<typeof deviceCode>

/** What a device learns when it asks. */
export const deviceToken = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('pending'), intervalSeconds: z.number() }),
    z.object({
      status: z.literal('approved'),
      /** A session of the person; sent as `Authorization: Bearer`. */
      token: z.string(),
      expiresAt: timestamp,
      person,
    }),
  ])
  .meta({ id: 'DeviceToken' })
export type DeviceToken = z.infer<typeof deviceToken>

/** What the person sees before deciding. */
export const deviceRequest = z
  .object({
    userCode: z.string(),
    /** As the device names itself: nobody has checked it. */
    device: z.string(),
    status: z.enum(['pending', 'approved', 'denied']),
  })
  .meta({ id: 'DeviceRequest' })
export type DeviceRequest = z.infer<typeof deviceRequest>

const tag = 'identity'
const codes = '/api/v1/auth/device-codes'
const codeParams = z.object({ userCode: text(40, 1) })

export const deviceRoutes = {
  createDeviceCode: route({
    id: 'createDeviceCode',
    method: 'POST',
    path: codes,
    tag,
    access: 'public',
    summary: 'Begin to sign a device in: the person confirms its code in a browser',
    body: z.object({ device: line(100) }),
    response: deviceCode,
    status: 201,
  }),
  claimDeviceToken: route({
    id: 'claimDeviceToken',
    method: 'POST',
    path: '/api/v1/auth/device-tokens',
    tag,
    access: 'public',
    summary: 'Ask whether the person has decided; gives the token once',
    body: z.object({ deviceCode: text(200, 1) }),
    response: deviceToken,
  }),
  getDeviceRequest: route({
    id: 'getDeviceRequest',
    method: 'GET',
    path: `${codes}/{userCode}`,
    tag,
    access: 'person',
    summary: 'The device that shows this code; from now on only the caller may decide',
    params: codeParams,
    response: deviceRequest,
  }),
  decideDeviceRequest: route({
    id: 'decideDeviceRequest',
    method: 'POST',
    path: `${codes}/{userCode}/decisions`,
    tag,
    access: 'person',
    summary: 'Sign the device in, or refuse it',
    params: codeParams,
    body: z.object({ approve: z.boolean() }),
    response: null,
  }),
} as const
