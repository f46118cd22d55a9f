/** What the tests of this folder share. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Conversation, ImportReport, Message, OpenConversation } from '@atrium/contract'
import type { Person } from '@atrium/testkit'

export const fixture = (name: string): Promise<string> =>
  readFile(new URL(`__fixtures__/${name}`, import.meta.url), 'utf8')

export interface Answer<T> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

export interface Failure {
  readonly error: { readonly code: string; readonly message: string }
}

export async function upload<T = ImportReport>(
  person: Person,
  file: Blob | string,
  headers: Record<string, string> = {},
  field = 'file',
): Promise<Answer<T>> {
  const form = new FormData()
  form.append(field, typeof file === 'string' ? new Blob([file]) : file, 'conversations.json')
  const response = await person.client.raw(`${person.base}/imports`, { method: 'POST', body: form, headers })
  // The test states the form that it expects.
  return { status: response.status, headers: response.headers, body: (await response.json()) as T }
}

export const listOf = async (person: Person, archived = false): Promise<Conversation[]> => {
  const { body } = await person.client.get<{ data: Conversation[] }>(
    `${person.base}/conversations?limit=100&archived=${archived}`,
  )
  return body.data
}

export const openBy = async (person: Person, title: string, archived = false): Promise<OpenConversation> => {
  const id = (await listOf(person, archived)).find((one) => one.title === title)?.id
  return (await person.client.get<OpenConversation>(`${person.base}/conversations/${id}`)).body
}

export const textsOf = (messages: readonly Message[]): string[] =>
  messages.map((one) =>
    one.content.map((part) => (part.type === 'text' ? part.text : `<${part.type}>`)).join(' '),
  )

export interface Exported {
  readonly format: string
  readonly conversations: readonly (Omit<Conversation, 'running' | 'version'> & {
    leafId: string | null
    messages: Message[]
  })[]
}

export const exportOf = async (person: Person): Promise<Exported> =>
  (await person.client.get<Exported>(`${person.base}/export`)).body

export const chatGptOf = (title: string, text: string, id: string = randomUUID()): object => ({
  id,
  title,
  create_time: 1_700_000_000,
  current_node: 'a',
  mapping: {
    a: {
      parent: null,
      message: { author: { role: 'user' }, content: { content_type: 'text', parts: [text] } },
    },
  },
})
