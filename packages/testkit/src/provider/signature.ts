import { createHash } from 'node:crypto'

/**
 * A stand-in for the opaque signatures that providers put on reasoning. It depends on every byte of `content`, so a
 * replay that changed anything is found out.
 */
export function sign(content: string): string {
  return createHash('sha256').update(`fake:${content}`).digest('base64')
}
