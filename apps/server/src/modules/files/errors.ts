import { AppError } from '#platform/errors'

/** The errors of this module, by the fact they report. */
export const fileErrors = {
  missing: () => new AppError('FILE_NOT_FOUND', 'There is no such file.', { status: 404 }),
  notMultipart: () =>
    new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the file as multipart/form-data, in a field named “file”.'),
  noFile: () => new AppError('MISSING_REQUIRED_FIELD', 'file: the request has no such field with a file.'),
  nameWithNul: () => new AppError('INVALID_INPUT', 'file: the name of the file must not contain NUL.'),
  empty: () => new AppError('INVALID_INPUT', 'The file is empty.'),
  cutOff: () => new AppError('INVALID_FORMAT', 'The upload broke off before the file was complete.'),
  unsupported: (what: string) =>
    new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      `This looks like ${what}. Attach a PNG, JPEG, WebP or GIF image, or a text file in UTF-8.`,
    ),
  lying: (claimed: string, actual: string) =>
    new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      `The file says that it is ${claimed}, but its content is ${actual}.`,
    ),
  quotaExceeded: (limitBytes: number) =>
    new AppError(
      'QUOTA_EXCEEDED',
      'There is no room for this file: the files of this workspace are at their limit.',
      {
        status: 507,
        details: { limitBytes },
      },
    ),
  signatureInvalid: () =>
    new AppError(
      'SIGNATURE_INVALID',
      'This address is not valid. Open the file from its conversation again.',
      { status: 403 },
    ),
  addressExpired: () =>
    new AppError(
      'SIGNATURE_EXPIRED',
      'This address has expired. Open the file from its conversation again.',
      { status: 403 },
    ),
} as const
