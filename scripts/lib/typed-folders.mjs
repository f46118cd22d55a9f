import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

const parents = ['apps', 'packages']
const others = ['bench', 'e2e', 'scripts']

/** Every folder with a `tsconfig.json` and something to check, as a path from the root. */
export function typedFolders() {
  const inside = parents.flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  )
  return [...inside, ...others].filter(
    (folder) => existsSync(join(root, folder, 'tsconfig.json')) && hasSources(join(root, folder)),
  )
}

/**
 * @param {string} folder
 * @returns {boolean}
 */
function hasSources(folder) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    if (entry.isDirectory()) return entry.name !== 'node_modules' && hasSources(join(folder, entry.name))
    return /\.(tsx?|mjs)$/.test(entry.name)
  })
}
