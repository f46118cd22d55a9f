import { parseArgs } from 'node:util'
import { startFakeProvider } from './server.ts'

const usage = 'usage: main.ts [--port N] [--tick-ms N] [--keep-calls N] [--key KEY]… [--model NAME]…\n'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'tick-ms': { type: 'string', default: '10' },
    'keep-calls': { type: 'string', default: '2000' },
    key: { type: 'string', multiple: true },
    model: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  process.stdout.write(usage)
} else {
  const provider = await startFakeProvider({
    port: Number(values.port),
    tickMs: Number(values['tick-ms']),
    keepCalls: Number(values['keep-calls']),
    ...(values.key === undefined ? {} : { keys: values.key }),
    ...(values.model === undefined ? {} : { models: values.model }),
  })
  process.stdout.write(`fake provider listening on ${provider.url}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void provider[Symbol.asyncDispose]().then(() => process.exit(0)))
  }
}
