import type { JsonObject } from '../src/index.ts'

/** An event of a stream of the Responses API. */
export interface ResponsesEvent extends JsonObject {
  type: string
}

/** Throws unless each frame is an event whose data is of the type that it is named after. */
export function responsesEvents(stream: string): ResponsesEvent[] {
  return stream
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const match = /^event: (.+)\ndata: (.+)$/u.exec(frame)
      const event = JSON.parse(match?.[2] ?? '{}') as ResponsesEvent
      if (match?.[1] !== event.type) throw new Error(`no event: ${frame}`)
      return event
    })
}

/** The items that a client keeps of a stream, to send them back. */
export function responsesItems(stream: string): JsonObject[] {
  return responsesEvents(stream).flatMap((event) =>
    event.type === 'response.output_item.done' ? [event['item'] as JsonObject] : [],
  )
}
