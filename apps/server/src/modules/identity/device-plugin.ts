import { deviceAuthorization } from 'better-auth/plugins/device-authorization'

/** What all our devices call themselves to Better Auth; their own names are not identities. */
export const deviceClientId = 'atrium'

export const deviceLifeMs = 600_000
export const devicePollSeconds = 3

/** Better Auth's device flow on our table; reached through our own routes only. */
export const devicePlugin = () =>
  deviceAuthorization({
    expiresIn: `${deviceLifeMs / 1000}s`,
    interval: `${devicePollSeconds}s`,
    verificationUri: '/device',
    validateClient: (clientId) => clientId === deviceClientId,
    schema: {
      deviceCode: {
        modelName: 'device_codes',
        fields: {
          deviceCode: 'device_code',
          userCode: 'user_code',
          userId: 'person_id',
          expiresAt: 'expires_at',
          lastPolledAt: 'last_polled_at',
          pollingInterval: 'polling_interval',
          clientId: 'client_id',
        },
      },
    },
  })
