/** The OpenAPI document, made with libraries that are loaded for its first reader. */
import swagger from '@fastify/swagger'
import fastify, { type RouteOptions } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { schemaController } from './schemas.ts'

/** What is described of a route. */
export type DescribedRoute = Pick<RouteOptions, 'method' | 'url' | 'schema'>

/** Describes these routes by OpenAPI 3.1, with the help of a server that nothing listens to. */
export async function describe(routes: readonly DescribedRoute[], version: string): Promise<object> {
  const app = fastify({ exposeHeadRoutes: false, schemaController })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Atrium', version, description: 'The AI platform a team runs itself.' },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'atrium.session_token' },
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `atr_…`' },
        },
      },
      security: [{ session: [] }, { apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  for (const route of routes) {
    app.route({ ...route, url: route.url.replace(/(?<=:\w+):/, standIn), handler: () => undefined })
  }
  await app.ready()
  const document = app.swagger()
  await app.close()
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [path.replace(standIn, ':'), item])
  return { ...document, paths: Object.fromEntries(paths) }
}

/** For the colon of paths such as `/models/{model}:countTokens`, which the framework takes for a parameter's. */
const standIn = '/stands-for-a-colon/'
