/** A provider that answers each call with the same bytes, so that it costs as little as one can. */
import { createServer, type ServerResponse } from 'node:http'

const model = 'canned-1'
const usage = { prompt_tokens: 20, completion_tokens: 50, total_tokens: 70 }
const sentence =
  'A proxy that does the least takes a request from one side and hands it to the other, and what comes back goes the ' +
  'same way. All else is a choice: who may call, what it costs, where it goes when somebody fails, and who can see it ' +
  'afterwards, when it matters most to them'
const words = sentence
  .split(' ')
  .slice(0, 50)
  .map((word) => `${word} `)
/** Between two events of a stream, so that each comes alone. */
const paceMs = 2

const common = { id: 'chatcmpl-canned', created: 1_700_000_000, model }
const whole = JSON.stringify({
  ...common,
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: words.join(''), refusal: null },
      finish_reason: 'stop',
    },
  ],
  usage,
})

const eventOf = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({
    ...common,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`

/** 52 events before the last line: 50 words, the end, and the usage. */
const events = [
  ...words.map((content, index) => eventOf(index === 0 ? { role: 'assistant', content } : { content })),
  eventOf({}, 'stop'),
  `data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', choices: [], usage })}\n\n`,
  'data: [DONE]\n\n',
]

function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let next = 0
  const step = (): void => {
    const event = events[next++]
    if (event === undefined) return void response.end()
    response.write(event)
    setTimeout(step, paceMs)
  }
  step()
}

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('latin1').on('data', (chunk: string) => (body += chunk))
  request.once('end', () => {
    if (request.method === 'POST' && body.includes('"stream":true')) return stream(response)
    const answer =
      request.method === 'POST' ? whole : JSON.stringify({ object: 'list', data: [{ id: model }] })
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
    })
    response.end(answer)
  })
})
server.keepAliveTimeout = 65_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address) console.log(`listening on http://127.0.0.1:${address.port}`)
})
