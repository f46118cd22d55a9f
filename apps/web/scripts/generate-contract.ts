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
  insightRoutes,
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

const folder = new URL('../src/api/', import.meta.url)

/** What the chat and what stands around every screen may call. */
const first = { chatRoutes, fileRoutes, identityRoutes, modelRoutes, realtimeRoutes, usageRoutes }
/** What only screens call that are read later: their paths are read with the first of these calls. */
const later = {
  admissionRoutes,
  aliasRoutes,
  currencyRoutes,
  deviceRoutes,
  insightRoutes,
  ledgerRoutes,
  priceRoutes,
  teamRoutes,
  traceRoutes,
}
type Groups = Readonly<Record<string, Readonly<Record<string, Route>>>>

const head = '// Written by scripts/generate-contract.ts from @atrium/contract. Do not edit.'

/** The files by their names. */
export function contractSources(): Record<string, string> {
  const roles = Object.entries(rolePermissions).map(
    ([role, allowed]) => `  ${role}: [${[...allowed].map((name) => `'${name}'`).join(', ')}],`,
  )
  return {
    'contract.gen.ts': [
      head,
      "import type { Permission, Role } from '@atrium/contract'",
      ...tableSource('FirstRoutes', 'firstRoutes', first),
      `export const permissions = [${permissions.map((name) => `'${name}'`).join(', ')}] as const satisfies readonly Permission[]`,
      '',
      'export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {',
      ...roles,
      '}',
      '',
    ].join('\n'),
    'later-routes.gen.ts': [head, ...tableSource('LaterRoutes', 'laterRoutes', later)].join('\n'),
  }
}

/** The type of all operations of some groups, and the method and path of each. */
const tableSource = (type: string, table: string, groups: Groups): string[] => [
  `import type { ${Object.keys(groups).join(', ')} } from '@atrium/contract'`,
  '',
  `export type ${type} = ${Object.keys(groups)
    .map((name) => `typeof ${name}`)
    .join(' & ')}`,
  '',
  `export const ${table} = {`,
  ...Object.values(groups)
    .flatMap((group) => Object.values(group))
    .map((route) => `  ${route.id}: '${route.method} ${route.path}',`),
  `} as const satisfies Record<keyof ${type}, string>`,
  '',
]

if (import.meta.main) {
  for (const [name, source] of Object.entries(contractSources())) writeFileSync(new URL(name, folder), source)
}
