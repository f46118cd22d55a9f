import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CliError } from './errors.ts'

/** A server, and who is signed in there. */
const profile = z.object({
  url: z.string(),
  token: z.string(),
  email: z.string(),
  workspaceId: z.string().nullable(),
  expiresAt: z.string().nullable(),
})
export type Profile = z.infer<typeof profile>

const file = z.object({ current: z.string().nullable(), profiles: z.record(z.string(), profile) })
export type ProfileFile = z.infer<typeof file>

export const defaultProfile = 'default'

/** The profiles in the person's configuration folder; readable by nobody else, since they hold tokens. */
export interface Profiles {
  readonly path: string
  read(): Promise<ProfileFile>
  save(name: string, profile: Profile): Promise<void>
  remove(name: string): Promise<void>
}

export function openProfiles(configDir: string): Profiles {
  const path = join(configDir, 'profiles.json')
  const read = async (): Promise<ProfileFile> => {
    const text = await readFile(path, 'utf8').catch(ifMissing)
    return text === null ? { current: null, profiles: {} } : parse(text, path)
  }
  const write = async (content: ProfileFile): Promise<void> => {
    await mkdir(configDir, { recursive: true, mode: 0o700 })
    const draft = `${path}.${randomUUID()}`
    try {
      await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
      await chmod(draft, 0o600)
      await rename(draft, path)
    } finally {
      await rm(draft, { force: true })
    }
  }
  return {
    path,
    read,
    save: async (name, one) => {
      const { profiles } = await read()
      await write({ current: name, profiles: { ...profiles, [name]: one } })
    },
    remove: async (name) => {
      const { current, profiles } = await read()
      const { [name]: _, ...rest } = profiles
      const next = current === name ? (Object.keys(rest)[0] ?? null) : current
      await write({ current: next, profiles: rest })
    },
  }
}

function ifMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}

function parse(text: string, path: string): ProfileFile {
  try {
    return file.parse(JSON.parse(text))
  } catch (cause) {
    throw new CliError('CONFIG_UNREADABLE', `${path} cannot be read.`, {
      hint: 'Delete it and run "atrium login".',
      cause,
    })
  }
}
