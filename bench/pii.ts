/** What the redaction of telemetry costs per kilobyte of text, by what the text is like. */
import { createRedactor, defaultRules } from '../apps/server/src/modules/traces/redaction/index.ts'
import { runBench } from './lib/run.ts'
import { quantile, randomFrom, range } from './lib/stats.ts'

const words =
  'the quick brown fox jumps over a lazy dog while we consider how models answer questions about policy and weather in London today, and it goes on. Yes; however (as said) nobody minds that'.split(
    ' ',
  )
const pieceLength = 2000

await runBench('pii', async ({ options, figures, say }) => {
  const { text: redact } = createRedactor(defaultRules)
  const random = randomFrom(options.seed)
  const prose = (): string => {
    let text = ''
    while (text.length < pieceLength) text += `${words[Math.floor(random() * words.length)]} `
    return text
  }
  const kinds: Readonly<Record<string, (text: string) => string>> = {
    'English prose, nothing in it': (text) => text,
    'the same with curly quotes': (text) => `‘${text}’`,
    'with a date and a time in every 2 kB': (text) => `${text} on 2024-05-12 at 10:20`,
    'with an address and a phone number': (text) => `${text} a@example.com or 020 7946 0958`,
    'as JSON, 50 fields': (text) =>
      JSON.stringify(
        Object.fromEntries(
          range(50).map((index) => [`field_${index}`, text.slice(index * 40, index * 40 + 40)]),
        ),
      ),
  }
  const rounds = options.quick ? 5 : 40
  for (const [name, make] of Object.entries(kinds)) {
    say(name)
    // Through bytes and back, so that no text is a rope or a slice of another.
    const texts = range(500).map(() => Buffer.from(make(prose())).toString())
    const kilobytes = texts.reduce((sum, text) => sum + text.length, 0) / 1000
    const perKilobyte = range(rounds + 5).map(() => {
      const startedAt = process.cpuUsage()
      for (const text of texts) redact(text)
      const { user, system } = process.cpuUsage(startedAt)
      return (user + system) / kilobytes
    })
    const median = quantile(perKilobyte.slice(5), 0.5)
    if (name.endsWith('nothing in it')) figures.speed(name, median, 'µs/kB', { atMost: 3 })
    else figures.info(name, median, 'µs/kB')
  }
})
