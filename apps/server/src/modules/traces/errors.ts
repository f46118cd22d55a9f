import { AppError } from '#platform/errors'

/** The errors of this module, by the fact they report. */
export const traceErrors = {
  unknownCaller: () =>
    new AppError('INVALID_CREDENTIALS', 'No API key was given. Create one in Settings › API keys.'),
  notAllowed: () => new AppError('INSUFFICIENT_PERMISSIONS', 'This API key may not send telemetry.'),
  keyNeeded: () => new AppError('INSUFFICIENT_PERMISSIONS', 'Telemetry is sent with an API key.'),
  otherMethodOfGrpc: () => new AppError('METHOD_UNKNOWN', 'There is no such method.', { status: 415 }),
  otherMethod: () => new AppError('METHOD_NOT_ALLOWED', 'This address answers POST.'),
  otherContent: () =>
    new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/x-protobuf or application/json.'),
  otherEncoding: () =>
    new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as it is, or in gzip, zstd or deflate.'),
  tooLarge: (bytes: number) =>
    new AppError('PAYLOAD_TOO_LARGE', `The body is larger than ${Math.floor(bytes / 1024 / 1024)} MB.`),
  tooMany: (records: number) =>
    new AppError('PAYLOAD_TOO_LARGE', `One request may carry ${records} records at most.`),
  tooMuch: () =>
    new AppError(
      'PAYLOAD_TOO_LARGE',
      'With what its records share, the body comes to more than may be taken at once.',
    ),
  malformed: (what: string) => new AppError('INVALID_FORMAT', what),
  full: () =>
    new AppError(
      'SERVICE_UNAVAILABLE',
      'More telemetry arrives than can be stored. Send this again shortly.',
      {
        retryAfterSeconds: 2,
      },
    ),
} as const
