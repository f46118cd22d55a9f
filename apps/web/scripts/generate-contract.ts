/**
 * Writes what the browser needs of the contract at run time, without zod: the method and path of every
 * operation and the permissions of every role. Run it after the contract changed; a test tells when.
 */
import { writeFileSync } from 'node:fs'
import {
  admissionRoutes,
  aliasRoutes,
  chatRoutes,
  currencyRoutes,
  deviceRoutes,
  fileRoutes,
  identityRoutes,
  ledgerRoutes,
  modelRoutes,
  permissions,
  priceRoutes,
  realtimeRoutes,
  rolePermissions,
  teamRoutes,
  traceRoutes,
  usageRoutes,
  type Route,
} from '@atrium/contract'

const file = new URL('../src/api/contract.gen.ts', import.meta.url)

export function contractSource(): string {
  const groups = {
    admissionRoutes,
    aliasRoutes,
    chatRoutes,
    currencyRoutes,
    deviceRoutes,
    fileRoutes,
    identityRoutes,
    ledgerRoutes,
    modelRoutes,
    priceRoutes,
    realtimeRoutes,
    teamRoutes,
    traceRoutes,
    usageRoutes,
  }
  const routes: Route[] = Object.values(groups).flatMap((group) => Object.values(group))
  const table = routes.map((route) => `  ${route.id}: '${route.method} ${route.path}',`)
  const roles = Object.entries(rolePermissions).map(
    ([role, allowed]) => `  ${role}: [${[...allowed].map((name) => `'${name}'`).join(', ')}],`,
  )
  return [
    '// Written by scripts/generate-contract.ts from @atrium/contract. Do not edit.',
    "import type { Permission, Role } from '@atrium/contract'",
    `import type { ${Object.keys(groups).join(', ')} } from '@atrium/contract'`,
    '',
    `export type Routes = ${Object.keys(groups)
      .map((name) => `typeof ${name}`)
      .join(' & ')}`,
    '',
    'export const routeTable = {',
    ...table,
    '} as const satisfies Record<keyof Routes, string>',
    '',
    `export const permissions = [${permissions.map((name) => `'${name}'`).join(', ')}] as const satisfies readonly Permission[]`,
    '',
    'export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {',
    ...roles,
    '}',
    '',
  ].join('\n')
}

if (import.meta.main) writeFileSync(file, contractSource())
