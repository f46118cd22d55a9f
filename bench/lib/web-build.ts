import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './repository.ts'

/** @throws an error that says what to do when the web app is not built; what is built is measured as it is */
export function requireWebBuild(): void {
  if (existsSync(join(repository, 'apps/web/dist/index.html'))) return
  throw new Error('The web app is not built: run npm run build first.')
}
