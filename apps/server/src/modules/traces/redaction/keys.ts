import { isToken } from './characters.ts'
import type { Finding, Source } from './findings.ts'

/**
 * Keys and tokens by the form that their providers give them. Sources: each provider's documentation, and the rules of
 * gitleaks (https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml) and of GitHub's secret scanning
 * (https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns).
 * Every quantifier is bounded; what follows of the same class is taken along.
 */
const forms: readonly string[] = [
  'sk-(?:ant|proj|svcacct|admin|or-v1)-[\\w-]{20,64}', // Anthropic, OpenAI, OpenRouter
  'sk-[A-Za-z0-9]{20,64}', // OpenAI before 2024, and those that copy its form
  'AIza[\\w-]{35}', // Google
  'GOCSPX-[\\w-]{28}', // Google OAuth
  'ya29\\.[\\w-]{20,64}', // Google access tokens
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}', // AWS
  'gh[pousr]_[A-Za-z0-9]{36,64}', // GitHub
  'github_pat_[A-Za-z0-9_]{22,64}',
  'gl(?:pat|dt|rt|ptt|ft|soat|cbt|agent|oas)-[\\w-]{20,64}(?:\\.[\\w-]{2,16}){0,2}', // GitLab
  'xox[abeoprs]-[A-Za-z0-9-]{10,64}', // Slack
  'xapp-\\d-[A-Za-z0-9-]{20,64}',
  '(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,64}', // Stripe
  'whsec_[A-Za-z0-9+/]{24,64}',
  'atr_[\\w-]{24,64}', // Atrium
  'hf_[A-Za-z0-9]{30,64}', // Hugging Face
  'SG\\.[\\w-]{16,32}\\.[\\w-]{32,64}', // SendGrid
  'SK[0-9a-f]{32}', // Twilio
  'npm_[A-Za-z0-9]{36,64}',
  'pypi-AgE[\\w-]{40,64}',
  'gsk_[A-Za-z0-9]{40,64}', // Groq
  'xai-[A-Za-z0-9]{40,64}',
  'pplx-[A-Za-z0-9]{40,64}', // Perplexity
  'nvapi-[\\w-]{40,64}', // NVIDIA
  'r8_[A-Za-z0-9]{36,64}', // Replicate
  'dop_v1_[0-9a-f]{64}', // DigitalOcean
  'shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}', // Shopify
  'dckr_pat_[\\w-]{20,64}', // Docker
  'lin_api_[A-Za-z0-9]{32,64}', // Linear
  'ntn_[A-Za-z0-9]{40,64}', // Notion
  'tvly-[A-Za-z0-9-]{20,64}', // Tavily
  'pcsk_[A-Za-z0-9_]{40,64}', // Pinecone
  'eyJ[\\w-]{10,64}', // JWT, RFC 7519; see `isTrusted`
]

const key = new RegExp(`(?:(?<![A-Za-z0-9])|(?<=\\\\[nrtbf]))(?:${forms.join('|')})`, 'g')
const shortestRun = 20
/** Behind an AWS key id there is often its secret. */
const awsSecret = /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/

/** Keys and tokens of known providers. */
export function* findKeys({ text }: Source): Generator<Finding> {
  for (const { start, end } of longRuns(text)) {
    // Two characters more show whether the run begins with an escape.
    const from = Math.max(0, start - 2)
    const run = text.slice(from, end)
    let read = 0
    for (const match of run.matchAll(key)) {
      const at = from + match.index
      if (at < read || !isTrusted(text, at, match[0])) continue
      read = keyEnd(text, at + match[0].length, match[0])
      yield { rule: 'secret', start: at, end: read }
      if (/^A[KSBC][IC]A/.test(match[0])) yield* awsSecretNear(text, read)
    }
  }
}

const webhooks = ['hooks.slack.com/services/', 'discord.com/api/webhooks/']

/** URLs that are secrets themselves: who knows one may write. */
export function* findWebhooks({ text }: Source): Generator<Finding> {
  // Much sooner told than that there is none of the names.
  if (!text.includes('://')) return
  for (const webhook of webhooks) {
    for (let at = text.indexOf(webhook); at >= 0; at = text.indexOf(webhook, at + webhook.length)) {
      const start = at + webhook.length
      const length = /^[\w/-]{20,256}/.exec(text.slice(start, start + 256))?.[0].length ?? 0
      if (length > 0) yield { rule: 'secret', start, end: start + length }
    }
  }
}

/** Runs of at least 20 characters of which tokens are made; only every 20th character is looked at elsewhere. */
function* longRuns(text: string): Generator<{ start: number; end: number }> {
  for (let probe = shortestRun - 1; probe < text.length; probe += shortestRun) {
    const lowest = probe - shortestRun
    let start = probe
    while (start > lowest && isToken(text.charCodeAt(start))) start--
    if (start > lowest) {
      probe = start
      continue
    }
    while (start >= 0 && isToken(text.charCodeAt(start))) start--
    let end = probe + 1
    while (end < text.length && isToken(text.charCodeAt(end))) end++
    yield { start: start + 1, end }
    probe = end
  }
}

/** Behind everything that goes on in the key's own characters. */
function keyEnd(text: string, from: number, found: string): number {
  const isJwt = found.startsWith('eyJ')
  let end = from
  while (end < text.length && (isJwt ? isToken(text.charCodeAt(end)) : /[\w-]/.test(text.charAt(end)))) end++
  while (text.charAt(end - 1) === '.') end--
  return end
}

function isTrusted(text: string, at: number, found: string): boolean {
  if (found.startsWith('eyJ')) return isJwt(text.slice(at, at + 4096))
  // Names of styles and files are words; a key is not.
  return /\d/.test(found.slice(4)) || /[a-z][A-Z]/.test(found) || /^A[KSBC][IC]A/.test(found)
}

/** A header in JSON with its `alg`, a full stop, and more. */
function isJwt(text: string): boolean {
  const [header = '', payload = ''] = text.split('.', 2)
  if (payload.length < 2 || !/^[\w-]/.test(payload)) return false
  return Buffer.from(header, 'base64url').toString('latin1').includes('"alg"')
}

function* awsSecretNear(text: string, from: number): Generator<Finding> {
  const match = awsSecret.exec(text.slice(from, from + 160))
  if (!match || !/\d/.test(match[0]) || !/[a-z]/.test(match[0]) || !/[A-Z]/.test(match[0])) return
  yield { rule: 'secret', start: from + match.index, end: from + match.index + match[0].length }
}
