/**
 * Makes the currency rates that ship with Atrium those of the European Central Bank, or of a file that was saved from
 * there (`--from`), and prints what changed. `--check` only prints.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { currencyRates, type CurrencyRates } from '@atrium/contract'

const address = 'https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml'
const snapshotFile = new URL('../modules/models/currencies/rates.snapshot.json', import.meta.url)

const { values } = parseArgs({
  options: { from: { type: 'string' }, check: { type: 'boolean', default: false } },
})

try {
  const before = currencyRates.parse(JSON.parse(await readFile(snapshotFile, 'utf8')))
  const after = ratesOf(await given(values.from ?? address))
  for (const line of differences(before, after)) process.stdout.write(`${line}\n`)
  process.stdout.write(`${before.date} → ${after.date}: ${Object.keys(after.rates).length} currencies\n`)
  if (!values.check) await writeFile(snapshotFile, `${JSON.stringify(after, null, 2)}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function given(from: string): Promise<string> {
  if (!from.startsWith('https:')) return readFile(from, 'utf8')
  const response = await fetch(from, { signal: AbortSignal.timeout(30_000) })
  if (!response.ok) throw new Error(`${from} answered ${response.status}`)
  return response.text()
}

/** The document holds one day: `<Cube time='2024-06-28'>` and `<Cube currency='USD' rate='1.0705'/>` for each currency. */
function ratesOf(xml: string): CurrencyRates {
  const date = /<Cube\s+time=['"](\d{4}-\d\d-\d\d)['"]/.exec(xml)?.[1]
  const found = xml.matchAll(/<Cube\s+currency=['"]([A-Z]{3})['"]\s+rate=['"]([\d.]+)['"]/g)
  const rates = Object.fromEntries([...found].map((match) => [match[1], match[2]]))
  const parsed = currencyRates.safeParse({
    date,
    base: 'EUR',
    source: `European Central Bank, euro foreign exchange reference rates, ${address}`,
    rates,
  })
  if (!parsed.success) throw new Error('this is not the daily document of the European Central Bank')
  return parsed.data
}

function differences(before: CurrencyRates, after: CurrencyRates): string[] {
  const codes = [...new Set([...Object.keys(before.rates), ...Object.keys(after.rates)])].toSorted()
  return codes
    .filter((code) => before.rates[code] !== after.rates[code])
    .map((code) => `${code} ${before.rates[code] ?? '–'} → ${after.rates[code] ?? '–'}`)
}
