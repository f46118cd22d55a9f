import { stat } from 'node:fs/promises'
import type { Context } from '../lib/context.ts'
import type { Finding } from './finding.ts'

const area = 'this machine'
const leastNode = 26

/** Node, and the file that holds sign-ins. */
export async function checkMachine({ profiles }: Context): Promise<Finding[]> {
  return [checkNode(), await checkProfiles(profiles.path)]
}

function checkNode(): Finding {
  const { node } = process.versions
  const isNew = Number(node.split('.')[0]) >= leastNode
  const hint = 'Run "npm install" in the repository: it brings the right one.'
  return { area, name: 'node', status: isNew ? 'ok' : 'failed', message: node, hint }
}

async function checkProfiles(path: string): Promise<Finding> {
  const name = 'sign-ins'
  const found = await stat(path).catch(() => null)
  if (!found) return { area, name, status: 'ok', message: 'none kept here' }
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0)
    return {
      area,
      name,
      status: 'failed',
      message: `others can read ${path}`,
      hint: `Run: chmod 600 ${path}`,
    }
  return { area, name, status: 'ok', message: path }
}
