import { parseRecord } from './json.ts'
import { readScript, ScriptError, type Script } from './script.ts'

/** Scripts by model name, so that a test needs no more than to choose a model. */
const presets: Record<string, Script> = {
  'fake-1': {},
  'fake-slow': { tokens: 60, rate: 5, ttftMs: 800 },
  'fake-stream': { tokens: 300, rate: 60, ttftMs: 200 },
  'fake-reasoning': { reasoning: 12 },
  'fake-tools': { toolCalls: 1 },
  'fake-echo': { echo: true },
  'fake-down': { fault: 'status:503' },
  'fake-limited': { fault: 'status:429:1' },
  'fake-spent': { fault: 'status:429-spend' },
  'fake-cut': { fault: 'cut-after:5' },
}

/** The models that the list endpoints name. */
export const presetModels: readonly string[] = Object.keys(presets)

/**
 * Reads the script in a model name: a preset and then settings, `fake-1+tokens=200+rate=60+fault=cut-after:20`.
 * Keys are those of `parseDirective`; a `+` cannot stand in a value. Names without a script give an empty one.
 */
export function scriptOfModel(model: string): Script {
  const [name = '', ...settings] = model.split('+')
  const pairs = settings.map((setting): [string, string] => {
    const [key = '', ...value] = setting.split('=')
    return [key, value.length === 0 ? 'true' : value.join('=')]
  })
  return { ...(Object.hasOwn(presets, name) ? presets[name] : {}), ...scriptOfPairs(pairs) }
}

/**
 * Reads the first `[[fake key=value …]]` in a text; an empty script when there is none. A value is bare (up to a
 * blank or `]]`) or a JSON string; a key alone means `true`. Keys: tokens, rate, ttft, seed, reasoning, text, echo,
 * tools, tool, args, rounds, input, cached, cache-write, stop, split, fault (comma-separated), times, on.
 * Throws a `ScriptError` for anything else.
 */
export function parseDirective(text: string): Script {
  const start = text.indexOf('[[fake')
  if (start < 0) return {}
  return scriptOfPairs(scanPairs(text, start + '[[fake'.length))
}

const pairPattern = /\s*([a-z-]+)(?:=("(?:[^"\\]|\\.)*"|(?:(?!\]\])[^\s"])+))?(?=\s|\]\])/y

function scanPairs(text: string, from: number): [string, string][] {
  const pairs: [string, string][] = []
  let at = from
  while (!/^\s*\]\]/.test(text.slice(at, at + 100))) {
    pairPattern.lastIndex = at
    const match = pairPattern.exec(text)
    if (match === null) throw new ScriptError(`bad directive near: ${text.slice(at, at + 40)}`)
    pairs.push([match[1] ?? '', unquote(match[2] ?? 'true')])
    at = pairPattern.lastIndex
  }
  return pairs
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value
  try {
    const parsed: unknown = JSON.parse(value)
    return String(parsed)
  } catch {
    throw new ScriptError(`not a JSON string: ${value}`)
  }
}

const numberKeys: Record<string, keyof Script> = {
  tokens: 'tokens',
  rate: 'rate',
  ttft: 'ttftMs',
  seed: 'seed',
  reasoning: 'reasoning',
  tools: 'toolCalls',
  rounds: 'toolRounds',
  times: 'times',
}
const usageKeys: Record<string, string> = {
  input: 'input',
  cached: 'cacheRead',
  'cache-write': 'cacheWrite5m',
}
const textKeys = new Set(['text', 'stop', 'split', 'on'])

function scriptOfPairs(pairs: readonly [string, string][]): Script {
  const fields: Record<string, unknown> = {}
  const tool: Record<string, unknown> = {}
  const usage: Record<string, number> = {}
  for (const [key, value] of pairs) {
    const numeric = numberKeys[key]
    const counted = usageKeys[key]
    if (numeric !== undefined) fields[numeric] = Number(value)
    else if (counted !== undefined) usage[counted] = Number(value)
    else if (textKeys.has(key)) fields[key] = value
    else if (key === 'echo') fields['echo'] = value === 'true'
    else if (key === 'fault') fields['fault'] = value.split(',')
    else if (key === 'tool') tool['name'] = value
    else if (key === 'args') tool['args'] = argsOf(value)
    else throw new ScriptError(`no such key: ${key}`)
  }
  if (Object.keys(usage).length > 0) fields['usage'] = usage
  if (Object.keys(tool).length > 0) {
    fields['toolCalls'] = Array.from({ length: Number(fields['toolCalls'] ?? 1) }, () => tool)
  }
  return readScript(fields)
}

function argsOf(value: string): Record<string, unknown> {
  const args = parseRecord(value)
  if (args === undefined) throw new ScriptError('args must be a JSON object')
  return args
}
