import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { AppError } from '../errors.ts'

/** Turns every error into the one shape; nothing of a driver or a stack leaves. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(request, reply, toAppError(error)))
  app.setNotFoundHandler((request, reply) => {
    const other = allowedMethods(app, request)
    if (other.length === 0 && isVisit(request) && app.hasReplyDecorator('sendFile'))
      // The web app draws its own page for what is not there.
      return reply.code(404).header('cache-control', 'no-cache').sendFile('index.html')
    if (other.length === 0)
      return sendError(
        request,
        reply,
        new AppError('RESOURCE_NOT_FOUND', 'There is nothing at this address.'),
      )
    return sendError(
      request,
      reply.header('allow', other.join(', ')),
      new AppError('METHOD_NOT_ALLOWED', `This address answers ${other.join(', ')}.`),
    )
  })
}

/** Whether a person opens an address in a browser. */
const isVisit = ({ method, url, headers }: FastifyRequest): boolean =>
  method === 'GET' && !url.startsWith('/api/') && (headers.accept ?? '').includes('text/html')

/** The body of an error answer. */
export function errorBodyOf(error: AppError, requestId: string): object {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(error.details === undefined ? {} : { details: error.details }),
      timestamp: new Date().toISOString(),
      requestId,
    },
  }
}

/** Answers what the framework itself refuses before any hook has run, such as an address that cannot be decoded. */
export function answerFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const status = error.statusCode ?? 400
  const shown = new AppError('INVALID_FORMAT', 'The address of the request cannot be read.', {
    status: status < 500 ? status : 400,
    cause: error,
  })
  return sendError(request, reply.header('x-request-id', request.id), shown)
}

function sendError(request: FastifyRequest, reply: FastifyReply, error: AppError): FastifyReply {
  // Shedding load must not add any.
  if (error.status >= 500 && (error.code !== 'SERVICE_UNAVAILABLE' || error.detail !== undefined))
    request.log.error({ err: error, detail: error.detail }, error.message)
  else request.log.debug({ code: error.code, detail: error.detail }, error.message)
  void reply.headers(error.headers)
  // Closed at once, the connection would break while the client still sends, before it has read why.
  if (error.status === 413) void reply.removeHeader('connection')
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  return reply
    .code(error.status)
    .type('application/json')
    .serializer(JSON.stringify)
    .send(errorBodyOf(error, request.id))
}

const codeOfStatus = new Map([
  [400, 'INVALID_INPUT'],
  [404, 'RESOURCE_NOT_FOUND'],
  [405, 'METHOD_NOT_ALLOWED'],
  [408, 'REQUEST_TIMEOUT'],
  [413, 'PAYLOAD_TOO_LARGE'],
  [415, 'UNSUPPORTED_MEDIA_TYPE'],
  [429, 'RATE_LIMIT_EXCEEDED'],
  [431, 'HEADERS_TOO_LARGE'],
  [503, 'SERVICE_UNAVAILABLE'],
])

/** Any thrown value as an error that may be shown. */
function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (hasZodFastifySchemaValidationErrors(error)) return invalidBody(error.validation)
  const status = statusOf(error)
  const code = status === undefined ? undefined : codeOfStatus.get(status)
  if (status !== undefined && status < 500 && error instanceof Error) {
    return new AppError(code ?? 'INVALID_INPUT', publicMessage(status, error), { status, cause: error })
  }
  if (code === 'SERVICE_UNAVAILABLE') {
    return new AppError(code, 'The server is busy. Try again shortly.', {
      retryAfterSeconds: 2,
      cause: error,
    })
  }
  return new AppError('INTERNAL_ERROR', 'Something went wrong on our side.', { cause: error })
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined
  const status = error.statusCode
  return typeof status === 'number' && status >= 400 ? status : undefined
}

function publicMessage(status: number, error: Error): string {
  if (status === 413) return 'The request is too large.'
  if (status === 415) return 'This content type is not understood here.'
  return error.message
}

interface Issue {
  readonly instancePath: string
  readonly message?: string | undefined
}

function invalidBody(issues: readonly Issue[]): AppError {
  const details = issues.slice(0, 20).map((issue) => ({
    field: issue.instancePath.slice(1).replaceAll('/', '.'),
    problem: issue.message ?? 'is not valid',
  }))
  const one = details[0]
  const message = one ? `${one.field || 'The request'}: ${one.problem}` : 'The request is not valid.'
  return new AppError('INVALID_INPUT', message, { details })
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

function allowedMethods(app: FastifyInstance, request: FastifyRequest): string[] {
  const path = request.url.split('?')[0] ?? '/'
  return methods.filter((method) => {
    const found = app.findRoute({ method, url: path }) ?? app.hasRoute({ method, url: path })
    return Boolean(found)
  })
}
