import {
  dialects,
  mayHoldWrapped,
  prepareBody,
  shortened,
  type DialectName,
  type FidelityReport,
} from '@atrium/wire'
import type { ModelCall, RawRequest } from '../types.ts'
import type { RemoteDeployment } from './deployment.ts'

/** A request as it goes to one deployment. */
export interface Outbound {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The reply passes to the client as it comes. */
  readonly passthrough: boolean
  /** The client did not ask for the usage that the stream will tell. */
  readonly stripUsage: boolean
  readonly stream: boolean
  readonly fidelity: FidelityReport
}

/**
 * Spells a call for a deployment: the client's own text where both speak one dialect, else a translation. State of
 * other providers that is wrapped in the text must be unwrapped, so such a text is translated too.
 * `limit` is a ceiling on what the model may write; undefined leaves the request's own.
 */
export function outboundOf(
  call: ModelCall,
  deployment: RemoteDeployment,
  limit: number | undefined,
): Outbound {
  const { raw } = call
  const untouched = raw && speaksOf(raw, deployment) ? untouchedOf(raw, deployment, limit) : undefined
  return untouched ?? translatedOf(call, deployment, limit)
}

/** What of a report a strict caller would not accept. Defaults that the target demands are no loss. */
export function lossesOf(report: FidelityReport): FidelityReport {
  return report.filter(({ action }) => action !== 'defaulted')
}

function speaksOf(raw: RawRequest, deployment: RemoteDeployment): boolean {
  return raw.dialect === deployment.dialect && !mayHoldWrapped(raw.bodyText)
}

function untouchedOf(
  raw: RawRequest,
  deployment: RemoteDeployment,
  limit: number | undefined,
): Outbound | undefined {
  const prepared = prepareBody(raw.dialect, raw.bodyText, {
    model: deployment.upstreamId,
    includeUsage: raw.stream,
    ...(limit === undefined ? {} : { maxOutputTokens: limit }),
  })
  if (!prepared) return undefined
  return {
    path: (raw.path ?? pathOf(raw)).replace('{model}', () => encodeURIComponent(deployment.upstreamId)),
    headers: { 'content-type': 'application/json', ...forwarded(raw.headers, raw.dialect) },
    body: prepared.body,
    passthrough: true,
    stripUsage: prepared.stripUsage,
    stream: raw.stream,
    fidelity: noLoss,
  }
}

const noLoss: FidelityReport = []

function translatedOf(call: ModelCall, deployment: RemoteDeployment, limit: number | undefined): Outbound {
  const { request } = call
  const asked = request.maxOutputTokens
  const maxOutputTokens = limit === undefined ? asked : Math.min(limit, asked ?? limit)
  const encoded = dialects[deployment.dialect].encodeRequest(
    { ...request, maxOutputTokens, model: deployment.upstreamId, stream: true },
    deployment.facts,
  )
  const { lost } = call
  return {
    path: encoded.path,
    headers: encoded.headers,
    body: JSON.stringify(encoded.body),
    passthrough: false,
    stripUsage: false,
    stream: true,
    fidelity: lost && lost.length > 0 ? shortened([...lost, ...encoded.fidelity]) : encoded.fidelity,
  }
}

const paths: Readonly<Record<Exclude<DialectName, 'gemini'>, string>> = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  ollama: '/api/chat',
}

function pathOf({ dialect, stream }: RawRequest): string {
  if (dialect !== 'gemini') return paths[dialect]
  return `/v1beta/models/{model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
}

const openAiHeaders = ['openai-beta', 'x-client-request-id']

/** Headers that change what a provider does and name nobody. Everything else a client sends stays here. */
const forwardedHeaders: Readonly<Record<DialectName, readonly string[]>> = {
  'anthropic-messages': ['anthropic-beta', 'anthropic-version'],
  'openai-chat': openAiHeaders,
  'openai-responses': openAiHeaders,
  gemini: ['x-goog-api-client'],
  ollama: [],
}

/** Of a client's headers, those that may reach a provider of the dialect. */
export function forwarded(
  headers: Readonly<Record<string, string>>,
  dialect: DialectName,
): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of forwardedHeaders[dialect]) {
    const value = headers[name]
    if (value !== undefined) found[name] = value
  }
  return found
}
