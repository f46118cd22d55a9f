import type { Person } from '@atrium/testkit'
import { keyOf } from './spans.ts'

/** OTLP in JSON, written as exporters write it. */
type Value = string | number | boolean | readonly Value[]
export type Told = Readonly<Record<string, Value>>

/** Attributes of a record or of its resource. */
export const attributesOf = (told: Told): object[] =>
  Object.entries(told).map(([key, value]) => ({ key, value: valueOf(value) }))

export function valueOf(value: Value): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { arrayValue: { values: value.map(valueOf) } }
}

export interface Sent {
  readonly status: number
  readonly body: {
    readonly partialSuccess?: Readonly<Record<string, string>>
    readonly message?: string
  }
}

/** Sends bodies to `/v1/…` with a new key of this person. */
export async function senderFor(person: Person, url: string) {
  const authorization = `Bearer ${await keyOf(person, ['telemetry:write'])}`
  return async (signal: 'logs' | 'metrics', body: object): Promise<Sent> => {
    const reply = await fetch(new URL(`/v1/${signal}`, url), {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: reply.status, body: (await reply.json()) as Sent['body'] }
  }
}

/** A moment as OTLP writes it: nanoseconds since 1970. */
export const nsOf = (ms: number): string => `${Math.round(ms)}000000`
