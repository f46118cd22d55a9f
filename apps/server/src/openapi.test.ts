import {
  apiTags,
  admissionRoutes,
  aliasRoutes,
  chatRoutes,
  currencyRoutes,
  deviceRoutes,
  fileRoutes,
  gatewayRoutes,
  identityRoutes,
  ledgerRoutes,
  logRoutes,
  modelRoutes,
  otlpMetricRoutes,
  priceRoutes,
  realtimeRoutes,
  teamRoutes,
  telemetryRoutes,
  insightRoutes,
  traceRoutes,
  usageRoutes,
  type Route,
} from '@atrium/contract'
import { startTestServer, type TestServer } from '@atrium/testkit'
import { validate } from '@scalar/openapi-parser'
import { afterAll, beforeAll, expect, it } from 'vitest'

interface Document {
  openapi: string
  paths: Record<string, Record<string, { operationId?: string; parameters?: object[]; responses?: object }>>
}

const routes: Readonly<Record<string, Route>> = {
  ...identityRoutes,
  ...teamRoutes,
  ...admissionRoutes,
  ...aliasRoutes,
  ...deviceRoutes,
  ...ledgerRoutes,
  ...logRoutes,
  ...modelRoutes,
  ...otlpMetricRoutes,
  ...priceRoutes,
  ...currencyRoutes,
  ...telemetryRoutes,
  ...insightRoutes,
  ...traceRoutes,
  ...usageRoutes,
  ...fileRoutes,
  ...gatewayRoutes,
  ...chatRoutes,
  ...realtimeRoutes,
}

let server: TestServer
let document: Document

beforeAll(async () => {
  server = await startTestServer()
  document = (await server.client().get<Document>('/openapi.json')).body
})
afterAll(() => server[Symbol.asyncDispose]())

it('is a valid OpenAPI document of version 3.1 or newer', async () => {
  const result = await validate(JSON.stringify(document))
  expect(result.errors ?? []).toEqual([])
  expect(result.valid).toBe(true)
  expect(document.openapi).toMatch(/^3\.[1-9]/)
})

it('describes the consistency token of reads that a replica may answer, and of all answers', () => {
  const asked = { $ref: '#/components/parameters/ConsistencyToken' }
  const given = { 'X-Consistency-Token': { $ref: '#/components/headers/ConsistencyToken' } }
  const list = document.paths['/api/v1/workspaces/{workspaceId}/conversations']
  expect(list?.['get']?.parameters).toContainEqual(asked)
  expect(list?.['get']?.responses).toMatchObject({ 200: { headers: given } })
  expect(list?.['post']?.parameters).not.toContainEqual(asked)
  expect(list?.['post']?.responses).toMatchObject({ 201: { headers: given } })
})

it('describes every route of the contract, and the server answers each of them', () => {
  const described = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map((one) => one.operationId),
  )
  expect(new Set(described)).toEqual(new Set(Object.keys(routes)))
})

it('puts every route into a group that the reference introduces', () => {
  const groups = new Set(apiTags.map(({ name }) => name))
  expect(new Set(Object.values(routes).map(({ tag }) => tag))).toEqual(groups)
})

it('has a page for people that offers no cloud of others', async () => {
  const page = await server.client().get('/reference')
  const reply = page.status >= 300 ? await server.client().get('/reference/') : page
  const text = reply.text.replaceAll(/\s/g, '')
  for (const part of ['"agent":{"disabled":true}', '"mcp":{"disabled":true}', '"showDeveloperTools":"never"'])
    expect(text).toContain(part)
})

it('has a page for people that loads nothing from elsewhere', async () => {
  const page = await server.client().get('/reference')
  const reply = page.status >= 300 ? await server.client().get('/reference/') : page
  expect(reply.text).toContain('Atrium API')
  expect(reply.text).not.toMatch(/(?:src|href)="https?:/)
})
