import { identityRoutes } from '@atrium/contract'
import { type Command, Option } from 'commander'
import { action, examples } from '../lib/command.ts'
import { confirm } from '../lib/confirm.ts'
import type { Context } from '../lib/context.ts'
import { usageError } from '../lib/errors.ts'
import { count, dollars, moment } from '../lib/format.ts'
import { loadOperator } from '../lib/installation.ts'
import { pastMoment, whole } from '../lib/options.ts'
import { facts } from '../lib/output.ts'
import { createProgress } from '../lib/progress.ts'
import type { PriceList, TokenPrices } from '../seed/models.ts'
import { type Destination, sendAll } from '../seed/send.ts'
import { counted, emptyTally, type Tally } from '../seed/tally.ts'
import { requestsOf, seedRuns } from '../seed/telemetry.ts'

interface Options {
  readonly seed: number
  readonly spans: number
  readonly days: number
  readonly until?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** Telemetry of more days is not taken. */
const mostDays = 398
const spansPerRequest = 512

export function addSeed(program: Command): void {
  program
    .command('seed')
    .description('fill a workspace with made-up telemetry of agents, for demos and measurements')
    .addOption(new Option('--spans <n>', 'how many spans').argParser(whole).default(50_000))
    .addOption(new Option('--days <n>', 'over how many days').argParser(whole).default(14))
    .option(
      '--until <when>',
      'when the last one ends: a date, or a span back such as 2h (usual: now)',
      pastMoment,
    )
    .addOption(
      new Option('--seed <n>', 'another number makes other telemetry of the same kind')
        .argParser(whole)
        .default(1),
    )
    .option('--dry-run', 'make it, and send nothing')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      examples(
        'atrium seed',
        'atrium seed --spans 1000000 --days 30 --until 2026-11-22 --yes',
        'atrium seed --spans 100000 --dry-run',
      ) +
        '\nThe same options make the same spans, ids included; sending them again changes nothing. An API key needs the\npermission telemetry:write; for somebody who is signed in, one is made and revoked at the end.\n',
    )
    .action(action<Options>(seed))
}

async function seed(context: Context, options: Options): Promise<void> {
  const until = untilOf(options)
  const { spans, days, dryRun = false } = options
  const prices = await publishedPrices()
  const tally = emptyTally()
  const runs = counted(seedRuns({ seed: options.seed, spans, days, until, prices }), tally)
  const startedAt = performance.now()
  const requests = requestsOf(runs, spansPerRequest)
  const sent = dryRun ? exhaust(requests) : await deliver(context, requests, options)
  const seconds = (performance.now() - startedAt) / 1000
  const { costNanoUsd, ...counts } = tally
  const made = {
    seed: options.seed,
    days,
    until: until.toISOString(),
    sent: !dryRun,
    seconds: Math.round(seconds * 1000) / 1000,
    ...sent,
    ...counts,
    costNanoUsd: String(costNanoUsd),
  }
  context.output.result(made, () => summary(tally, options, until, seconds, sent.repeats))
}

/** The whole second, so that the time that is shown gives the same spans again. */
function untilOf({ until, days, spans }: Options): Date {
  const now = Date.now()
  const at = until === undefined ? Math.floor(now / 1000) * 1000 : Date.parse(until)
  if (at > now) throw usageError('--until is in the future.')
  if (days < 1 || now - at + days * 86_400_000 > mostDays * 86_400_000)
    throw usageError(`--days must lie within the last ${mostDays} days.`)
  if (spans < 1) throw usageError('--spans must be at least 1.')
  return new Date(at)
}

function exhaust(requests: Iterable<unknown>): { requests: number; repeats: number } {
  let number = 0
  for (const _ of requests) number += 1
  return { requests: number, repeats: 0 }
}

/** Asks, sends everything with a key that may, and shows how far it is. */
async function deliver(
  context: Context,
  requests: Parameters<typeof sendAll>[1],
  { spans, yes = false }: Options,
) {
  context.signedIn()
  await confirm(
    `Send ${count(spans)} made-up spans to ${context.url}? They stay for as long as telemetry is kept.`,
    yes,
  )
  const progress = createProgress(context.output)
  const startedAt = performance.now()
  let done = 0
  await using key = await sendingKey(context)
  try {
    return await sendAll(key, requests, (number) => {
      done += number
      const rate = done / ((performance.now() - startedAt) / 1000)
      progress.show(
        `${count(done)} of ${count(spans)} spans (${Math.floor((done / spans) * 100)} %), ${count(Math.round(rate))} a second`,
      )
    })
  } finally {
    progress.end()
  }
}

/** The key that was given, or a new one that ends with the command. */
async function sendingKey(context: Context): Promise<Destination & AsyncDisposable> {
  const { url, client } = context
  const given = context.environment.apiKey ?? context.profile?.token
  if (given?.startsWith('atr_')) return { url, key: given, [Symbol.asyncDispose]: async () => undefined }
  const { id: workspaceId } = await context.workspace()
  const made = await client.call(identityRoutes.createApiKey, {
    params: { workspaceId },
    body: {
      name: 'atrium seed',
      scopes: ['telemetry:write'],
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    },
  })
  return {
    url,
    key: made.secret,
    [Symbol.asyncDispose]: () =>
      client.call(identityRoutes.revokeApiKey, { params: { workspaceId, keyId: made.id } }),
  }
}

/** Of the list that ships with Atrium, read once for each model and day. */
async function publishedPrices(): Promise<PriceList> {
  const { priceOf } = await loadOperator()
  const known = new Map<string, TokenPrices | null>()
  return ({ baseUrl, id }, at) => {
    const key = `${id} ${Math.floor(at.getTime() / 86_400_000)}`
    const cached = known.get(key)
    if (cached !== undefined) return cached
    const sheet = priceOf({ kind: 'openai-compatible', baseUrl, upstreamId: id, at })
    const input = nanoUsd(sheet?.input)
    const prices = sheet && {
      input,
      cacheRead: sheet.cacheRead ? nanoUsd(sheet.cacheRead) : input,
      cacheWrite: sheet.cacheWrite5m ? nanoUsd(sheet.cacheWrite5m) : input,
      output: nanoUsd(sheet.output),
    }
    known.set(key, prices)
    return prices
  }
}

/** Of one token, where the price is that of a million. */
const nanoUsd = (rate: { readonly base: bigint } | undefined): number => Number(rate?.base ?? 0n) / 1e6

function summary(tally: Tally, options: Options, until: Date, seconds: number, repeats: number): string {
  const from = new Date(until.getTime() - options.days * 86_400_000)
  const rate = count(Math.round(tally.spans / seconds))
  return facts([
    [
      options.dryRun ? 'made' : 'sent',
      `${count(tally.spans)} spans in ${count(tally.traces)} traces and ${count(tally.sessions)} sessions`,
    ],
    ['of', `${moment(from.toISOString())} to ${moment(until.toISOString())} UTC`],
    ['calls', `${count(tally.modelCalls)} of models, ${count(tally.toolCalls)} of tools`],
    ['errors', count(tally.errors)],
    ['tokens', count(tally.tokens)],
    ['cost', dollars(String(tally.costNanoUsd))],
    ['took', `${seconds.toFixed(1)} s, ${rate} spans a second`],
    ['repeated', repeats > 0 ? `${count(repeats)} requests, which the server could not take at once` : null],
    [
      'again',
      `atrium seed --seed ${options.seed} --spans ${options.spans} --days ${options.days} --until ${until.toISOString()}`,
    ],
  ])
}
