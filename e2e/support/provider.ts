import type { RecordedCall, Script, ScriptMatch } from '@atrium/testkit/provider'

/** Where a program and its provider answer. */
export interface AppAddresses {
  readonly url: string
  readonly providerUrl: string
}

/** The fake provider of a program, wherever it runs. */
export interface Provider {
  /** Decides how the next matching call is answered. */
  enqueue(script: Script, match: ScriptMatch): Promise<void>
  /** The calls for answers whose last user message contains a text, oldest first. */
  turns(said: string): Promise<RecordedCall[]>
}

export function providerAt(url: string): Provider {
  return {
    enqueue: async (script, match) => {
      const body = JSON.stringify({ script, match })
      await read(`${url}/__fake/enqueue`, { method: 'POST', body })
    },
    turns: async (said) => {
      // The fake answers with its own records.
      const { calls } = (await read(`${url}/__fake/calls`)) as { calls: RecordedCall[] }
      return calls.filter(({ purpose, marker }) => purpose === 'turn' && marker.includes(said))
    },
  }
}

async function read(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init)
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return response.json()
}
