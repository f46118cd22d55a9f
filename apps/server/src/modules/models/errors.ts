import type { ConnectionHealth } from '@atrium/contract'
import type { FidelityReport } from '@atrium/wire'
import { AppError } from '#platform/errors'

/** The errors of this module, by the fact they report. */
export const modelErrors = {
  modelMissing: (model: string) =>
    new AppError('MODEL_NOT_FOUND', `There is no model “${model}”. Choose another one.`, { status: 404 }),
  modelDisabled: (model: string) =>
    new AppError(
      'MODEL_DISABLED',
      `The model “${model}” is switched off. An owner or admin can switch it on in Console › Models.`,
      { status: 409 },
    ),
  connectionDisabled: (name: string) =>
    new AppError(
      'CONNECTION_DISABLED',
      `The connection “${name}” is switched off. An owner or admin can switch it on in Settings › Models.`,
      { status: 409 },
    ),
  nothingAvailable: (model: string, retryAfterMs: number | null) =>
    new AppError('NO_DEPLOYMENT_AVAILABLE', `None of the models behind “${model}” can be called right now.`, {
      status: 503,
      ...(retryAfterMs === null ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
    }),
  cannotForward: (model: string) =>
    new AppError('ENDPOINT_NOT_SUPPORTED', `The provider of “${model}” has no such endpoint.`, {
      status: 400,
    }),
  aliasMissing: () => new AppError('ALIAS_NOT_FOUND', 'There is no such alias.', { status: 404 }),
  aliasNameTaken: (name: string) =>
    new AppError('RESOURCE_ALREADY_EXISTS', `name: “${name}” is taken. Choose another one.`, { status: 409 }),
  aliasesFull: (most: number) =>
    new AppError('QUOTA_EXCEEDED', `A workspace may have ${most} aliases.`, { status: 409 }),
  aliasChanged: (version: number) =>
    new AppError('PRECONDITION_FAILED', 'Somebody else has changed this alias meanwhile. Look at it again.', {
      status: 412,
      details: { version },
    }),
  aliasVersionMissing: (version: number) =>
    new AppError('ALIAS_VERSION_NOT_FOUND', `This alias has no version ${version}.`, { status: 404 }),
  deadlinePassed: () =>
    new AppError('DEADLINE_EXCEEDED', 'The time that was given for this call has passed.', { status: 504 }),
  fidelityLoss: (loss: FidelityReport) =>
    new AppError(
      'FIDELITY_LOSS',
      `No provider of this model can carry this request without loss: ${loss
        .map(({ feature, detail }) => `${feature} (${detail})`)
        .join(', ')}.`,
      { status: 400, details: { loss } },
    ),
  connectionMissing: () =>
    new AppError('CONNECTION_NOT_FOUND', 'There is no such connection.', { status: 404 }),
  slugTaken: (slug: string) =>
    new AppError('RESOURCE_ALREADY_EXISTS', `slug: “${slug}” is taken. Choose another one.`, { status: 409 }),
  addressNeeded: () =>
    new AppError('MISSING_REQUIRED_FIELD', 'baseUrl: this kind of connection needs an address.'),
  addressInvalid: () =>
    new AppError(
      'INVALID_INPUT',
      'baseUrl: must be an http:// or https:// URL without user name, password, query or fragment.',
    ),
  refreshFailed: (health: ConnectionHealth) =>
    new AppError('CONNECTION_FAILED', health.message, { status: 502, details: health }),
  keyBlank: () => new AppError('INVALID_INPUT', 'apiKey: must not be blank.'),
  modelNameInvalid: () =>
    new AppError('INVALID_INPUT', 'upstreamId: must be the name of a model, without blanks.'),
  guideIsFixed: () =>
    new AppError('MODEL_FIXED', 'The built-in guide is always there and cannot be switched off.', {
      status: 409,
    }),
} as const
