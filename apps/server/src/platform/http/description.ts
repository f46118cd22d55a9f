/** The OpenAPI document, made with libraries that are loaded for its first reader. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { apiIntroduction, apiTags, type Route } from '@atrium/contract'
import swagger from '@fastify/swagger'
import fastify, { type RouteOptions } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { schemaController } from './schemas.ts'

const openapiVersion = '3.1.0'
/** How long others wait at most for a part of the work. */
const sliceMs = 5

/** What is described of a route. */
export type DescribedRoute = Pick<RouteOptions, 'method' | 'url' | 'schema' | 'config'>

/**
 * Describes these routes by OpenAPI 3.1, with the help of a server that nothing listens to. Others get their turn
 * meanwhile: most of the work is done route by route.
 */
export async function describe(given: readonly DescribedRoute[], version: string): Promise<object> {
  const routes = given.map((route): RouteOptions => ({
    ...route,
    url: route.url.replace(/(?<=:\w+):/, standIn),
    handler: () => undefined,
  }))
  const schemas = await transformed(routes)
  const app = fastify({ exposeHeadRoutes: false, schemaController })
  await app.register(swagger, {
    openapi: {
      openapi: openapiVersion,
      info: { title: 'Atrium', version, description: apiIntroduction },
      tags: apiTags.map(({ name, title, description }) => ({ name, description, 'x-displayName': title })),
      components: {
        ...consistencyComponents,
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'atrium.session_token' },
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `atr_…`' },
        },
      },
      security: [{ session: [] }, { apiKey: [] }],
    },
    transform: (document) => schemas.get(nameOf(document.route)) ?? jsonSchemaTransform(document),
    transformObject: jsonSchemaTransformObject,
  })
  for (const route of routes) app.route(route)
  await nextTurn()
  await app.ready()
  const document = app.swagger()
  await app.close()
  const contract = new Map(routes.map(({ config }) => [config?.route?.id, config?.route]))
  const parts: unknown[] = Object.values(document.paths ?? {}).flatMap((item) => Object.values(item ?? {}))
  for (const operation of parts.filter(isOperation)) describeConsistency(operation, contract)
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [path.replace(standIn, ':'), item])
  return { ...document, paths: Object.fromEntries(paths) }
}

type Transformed = ReturnType<typeof jsonSchemaTransform>

const nameOf = ({ method, url }: Pick<RouteOptions, 'method' | 'url'>): string => `${String(method)} ${url}`

/** The schemas of routes as JSON schemas, by the names of the routes. */
async function transformed(routes: readonly RouteOptions[]): Promise<Map<string, Transformed>> {
  const found = new Map<string, Transformed>()
  let until = performance.now() + sliceMs
  for (const route of routes) {
    if (performance.now() > until) {
      await nextTurn()
      until = performance.now() + sliceMs
    }
    const { url, schema = {} } = route
    const openapiObject = { openapi: openapiVersion }
    found.set(nameOf(route), jsonSchemaTransform({ url, schema, route, openapiObject }))
  }
  return found
}

/** The header that carries consistency tokens; a schema of the route would have the framework drop all other headers. */
const consistencyComponents = {
  parameters: {
    ConsistencyToken: {
      name: 'X-Consistency-Token',
      in: 'header',
      required: false,
      description:
        'The latest token that the caller got. A read replica then answers if it has replayed as much; without it the primary does.',
      schema: { type: 'string', pattern: '^[0-9a-f]{40}$' },
    },
  },
  headers: {
    ConsistencyToken: {
      description:
        'Sent where there are read replicas: covers what the call wrote and saw. Of two that begin with the same 8 digits the greater is the later one.',
      schema: { type: 'string' },
    },
  },
} as const

/** What is changed of an operation that the library has described. */
interface Operation {
  operationId?: string
  parameters?: object[]
  responses?: Record<string, { headers?: object }>
}

/** Of what may stand at a path, only operations have responses. */
const isOperation = (part: unknown): part is Operation =>
  typeof part === 'object' && part !== null && 'responses' in part

function describeConsistency(
  operation: Operation,
  contract: ReadonlyMap<string | undefined, Route | undefined>,
): void {
  const route = operation.operationId === undefined ? undefined : contract.get(operation.operationId)
  if (!route) return
  if (route.fromReplica)
    operation.parameters = [
      ...(operation.parameters ?? []),
      { $ref: '#/components/parameters/ConsistencyToken' },
    ]
  for (const [status, response] of Object.entries(operation.responses ?? {}))
    if (status.startsWith('2'))
      response.headers = { 'X-Consistency-Token': { $ref: '#/components/headers/ConsistencyToken' } }
}

/** For the colon of paths such as `/models/{model}:countTokens`, which the framework takes for a parameter's. */
const standIn = '/stands-for-a-colon/'
