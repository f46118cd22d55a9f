import { ApiError, messageOf } from '../../api/error.ts'

/**
 * What the server finds wrong with a policy, each with its place in words: “Rule 1, model 2: there is no model …”.
 * It names places as `policy.rules[0].plan.targets[1].model` or `policy.rules.0.plan.targets.1.model`.
 */
export function policyProblems(error: unknown): string[] {
  const found = detailsOf(error).flatMap(({ path, text }) => {
    if (!path.startsWith('policy')) return []
    const place = placeText(path)
    return [place ? `${place}: ${text}` : text.charAt(0).toUpperCase() + text.slice(1)]
  })
  return found.length > 0 ? found : [messageOf(error)]
}

interface Detail {
  path: string
  text: string
}

function detailsOf(error: unknown): Detail[] {
  if (!(error instanceof ApiError)) return []
  const { details } = error
  if (Array.isArray(details)) return details.flatMap((one) => detailOf(one, 'field', 'problem'))
  if (typeof details !== 'object' || details === null || !('problems' in details)) return []
  const { problems } = details
  return Array.isArray(problems) ? problems.flatMap((one) => detailOf(one, 'path', 'message')) : []
}

function detailOf(given: unknown, place: string, words: string): Detail[] {
  if (typeof given !== 'object' || given === null) return []
  const read = new Map(Object.entries(given))
  const [path, text] = [read.get(place), read.get(words)]
  return typeof path === 'string' && typeof text === 'string' ? [{ path, text }] : []
}

const lists: Readonly<Record<string, string>> = { rules: 'rule', variants: 'variant', targets: 'model' }
const names: Readonly<Record<string, string>> = {
  failovers: 'other models to try',
  sameTarget: 'tries of the last one',
  maxWaitMs: 'longest wait',
  firstTokenMs: 'time to the first word',
  idleMs: 'longest silence',
  totalMs: 'time in all',
  hedge: 'hedging',
  metadata: 'metadata',
  share: 'share',
  weight: 'weight',
  priority: 'priority',
  maxOutputTokens: 'longest answer',
  name: 'name',
}

function placeText(path: string): string {
  const parts = path.split(/[.[\]]+/).filter((part) => part !== '')
  const words = parts.flatMap((part, at) => {
    const list = lists[part]
    const place = Number(parts[at + 1])
    if (list) return Number.isInteger(place) ? [`${list} ${place + 1}`] : []
    return names[part] ?? []
  })
  const text = words.join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
