import { readStored, writeStored } from './preferences.ts'

const name = 'consistency'

/** What this browser has seen, for reads that a replica may answer: none of its tabs shall be shown less. */
export const seenSoFar = (): string | null => readStored<string>(name)

/** Keeps a token of the server when it is the later one: of those that begin alike the greater, else the one that came last. */
export function noteSeen(token: string | null | undefined): void {
  if (!token) return
  const known = seenSoFar()
  if (!known || token > known || token.slice(0, 8) !== known.slice(0, 8)) writeStored(name, token)
}

/** The server does not know the token, for example because its secret was changed. */
export const forgetSeen = (): void => writeStored(name, null)
