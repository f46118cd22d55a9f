import { gatewayRoutes } from '@atrium/contract'
import type { FastifyInstance } from 'fastify'
import { describedAs, type DirectExchange } from '#platform/http'
import { addressOf, gatewayRouteOf, type Address, type Endpoint } from './addresses.ts'
import { countTokens } from './count.ts'
import { memberOf } from './credentials.ts'
import { gatewayErrors } from './errors.ts'
import { refuse, sendJson, type Asked } from './exchange.ts'
import { forward } from './forward.ts'
import { generate } from './generate.ts'
import { listModels, showModel } from './listings.ts'
import { noteRefusal } from './refusals.ts'
import type { Gateway } from './service.ts'

/** The endpoints of the gateway, on Node's own requests: each microsecond and each buffered byte counts here. */
export function gateway(app: FastifyInstance, service: Gateway): void {
  for (const route of Object.values(gatewayRoutes)) app.describe(describedAs(route))
  app.direct.add(gatewayRouteOf, (exchange) => void answer(service, exchange))
}

async function answer(service: Gateway, exchange: DirectExchange): Promise<void> {
  const { request, response } = exchange
  const { url = '/' } = request
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const query = mark < 0 ? '' : url.slice(mark + 1)
  const address = addressOf(path, query, request.headers['anthropic-version'] !== undefined)
  const { dialect } = address
  try {
    if (exchange.refused) throw exchange.refused
    const endpoint = endpointOf(address, exchange)
    const member = await memberOf(service.identity, request, query)
    const asked: Asked = { exchange, dialect, query, member }
    await serve(service, asked, endpoint).catch((error: unknown) => {
      noteRefusal(service, asked, endpoint, error)
      throw error
    })
  } catch (error) {
    refuse(exchange, dialect, error, service.log)
  } finally {
    // What is left of a body that was refused must be taken from the connection before the next request on it.
    if (!request.readableEnded) response.once('finish', () => request.resume())
  }
}

/** @throws AppError 404 and 405 */
function endpointOf({ endpoint, method }: Address, { request, response }: DirectExchange): Endpoint {
  if (endpoint.kind === 'unknown') throw gatewayErrors.unknownAddress()
  if (request.method === method) return endpoint
  response.setHeader('allow', method)
  throw gatewayErrors.otherMethod(method)
}

async function serve(service: Gateway, asked: Asked, endpoint: Endpoint): Promise<void> {
  switch (endpoint.kind) {
    case 'generate':
      return generate(service, asked, endpoint)
    case 'count':
      return countTokens(service, asked, endpoint)
    case 'forward':
      return forward(service, asked, endpoint)
    case 'models':
      return listModels(service, asked)
    case 'model':
      return showModel(service, asked, endpoint.id)
    case 'version':
      return sendJson(asked.exchange, 200, {}, { version: ollamaVersion })
    case 'unknown':
      throw gatewayErrors.unknownAddress()
  }
}

/** The version of Ollama's API that the endpoints under `/api` follow. */
const ollamaVersion = '0.13.0'
