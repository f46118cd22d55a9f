/** Why a request failed. */
export type EgressErrorCode =
  /** Not http(s), or with credentials in it. */
  | 'url-refused'
  /** A header that HTTP does not allow. */
  | 'invalid-request'
  /** The name leads to an address that only the operator may open. */
  | 'address-refused'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'aborted'
  /** The connection broke, or what came was not HTTP. */
  | 'cut'
  | 'too-large'
  | 'redirect-refused'
  | 'too-many-redirects'

const messages: Readonly<Record<EgressErrorCode, string>> = {
  'url-refused':
    'This address cannot be used: it must be an http:// or https:// URL without a user name or password.',
  'invalid-request': 'The request has a header that HTTP does not allow.',
  'address-refused': 'This address is private. The operator can allow it with ATRIUM_EGRESS_ALLOW.',
  dns: 'The host name cannot be found.',
  connect: 'The host cannot be reached.',
  tls: "The host's certificate or encryption is not acceptable.",
  timeout: 'The host did not answer in time.',
  aborted: 'The request was called off.',
  cut: 'The connection broke off.',
  'too-large': 'The answer is too large.',
  'redirect-refused': 'The host redirects to where the request cannot follow.',
  'too-many-redirects': 'The host redirects too often.',
}

export interface EgressErrorOptions {
  /** For the log only. */
  readonly detail?: string
  readonly cause?: unknown
}

/** A request to the outside failed. `message` is public. */
export class EgressError extends Error {
  readonly code: EgressErrorCode
  readonly detail: string | undefined
  /** Whether the request may have reached the other side, so that its effect is unknown. */
  readonly sent: boolean

  constructor(code: EgressErrorCode, sent: boolean, { detail, cause }: EgressErrorOptions = {}) {
    super(messages[code], { cause })
    this.name = 'EgressError'
    this.code = code
    this.sent = sent
    this.detail = detail
  }

  /** The same failure of a later hop: an earlier one has reached its side. */
  afterSending(): EgressError {
    return new EgressError(this.code, true, {
      ...(this.detail && { detail: this.detail }),
      cause: this.cause,
    })
  }
}

const dnsCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_FAIL', 'ENODATA'])
const timeoutCodes = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])
const tlsCode = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_|EPROTO)/

/** Names what went wrong while connecting: nothing has been sent. */
export function connectFailure(error: Error): EgressError {
  if (error instanceof EgressError) return error
  const code = codeOf(error)
  const name = dnsCodes.has(code)
    ? 'dns'
    : timeoutCodes.has(code)
      ? 'timeout'
      : tlsCode.test(code)
        ? 'tls'
        : 'connect'
  return new EgressError(name, false, { detail: `${code} ${error.message}`, cause: error })
}

/** Names what went wrong once a request was under way. */
export function requestFailure(error: Error, sent: boolean): EgressError {
  if (error instanceof EgressError) return error
  const code = codeOf(error)
  const options = { detail: `${code} ${error.message}`, cause: error }
  if (code === 'UND_ERR_INVALID_ARG') return new EgressError('invalid-request', false, options)
  if (code === 'UND_ERR_ABORTED' || code === 'UND_ERR_DESTROYED')
    return new EgressError('aborted', sent, options)
  return new EgressError(timeoutCodes.has(code) ? 'timeout' : 'cut', sent, options)
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '')
