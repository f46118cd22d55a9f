/** A body that is no valid OTLP. The message says what is wrong and where: it may be shown to the sender. */
export class OtlpFormatError extends Error {
  override readonly name = 'OtlpFormatError'
}

/** A body of more than the receiver takes at once. The message says of what, and may be shown to the sender. */
export class OtlpLimitError extends Error {
  override readonly name = 'OtlpLimitError'
}
