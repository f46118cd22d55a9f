import type { JsonObject } from '../spec/json.ts'

/**
 * Writes server-sent events, numbered from zero.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export class EventWriter {
  #sequence = 0

  write(type: string, members: JsonObject): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#sequence++, ...members })}\n\n`
  }

  /** An event around something that is JSON text already. */
  writeJson(type: string, member: string, json: string): string {
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence++},"${member}":${json}}\n\n`
  }

  /** For the deltas of one block, of which there are many: all but the text is put together once. */
  deltas(type: string, members: JsonObject): (delta: string) => string {
    const start = `event: ${type}\ndata: ${JSON.stringify({ type, ...members }).slice(0, -1)},"delta":`
    return (delta) => `${start}${JSON.stringify(delta)},"sequence_number":${this.#sequence++}}\n\n`
  }
}
