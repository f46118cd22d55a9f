import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import { excessIn } from './json-guard.ts'

/** Nesting that no legitimate request reaches; deeper input could exhaust the stack of whoever walks it. */
const maxDepth = 64

/** Reads JSON bodies: UTF-8 checked, depth bounded, `__proto__` refused. */
export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      const text = decode(body as Buffer)
      if (text.length === 0) return done(null, undefined)
      if (excessIn(text, { depth: maxDepth }))
        throw malformed(`The body is nested deeper than ${maxDepth} levels.`)
      return parse(request, text, (error, value) =>
        done(error && malformed('The body is not valid JSON.'), value),
      )
    } catch (error) {
      // Everything thrown above is an Error.
      return done(error as Error, undefined)
    }
  })
}

const malformed = (message: string): AppError => new AppError('INVALID_FORMAT', message)

const decoder = new TextDecoder('utf-8', { fatal: true })

function decode(body: Buffer): string {
  try {
    return decoder.decode(body)
  } catch {
    throw malformed('The body is not valid UTF-8.')
  }
}
