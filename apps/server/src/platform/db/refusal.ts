import { AppError } from '../errors.ts'
import { codeOf } from './unavailable.ts'

/**
 * Whether the database has refused what it was given and would do so again, by the class of its SQLSTATE: wrong data,
 * broken constraints, exceptions of our own functions. Anything else may pass: it is away, out of room, or was in a
 * deadlock. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof AppError) return false
  const code = codeOf(error)
  return code === undefined || !passing.has(code.slice(0, 2))
}

const passing: ReadonlySet<string> = new Set(['08', '25', '40', '53', '55', '57', '58'])
