import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { progress } from './progress.mjs'
import { capture } from './run.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Gives the path of a Chromium; as root on Debian and its kin it is installed when there is none. */
export async function ensureChromium() {
  const found = findChromium()
  if (found) return found
  if (process.getuid?.() === 0 && findProgram('apt-get')) {
    await progress('Installing Chromium', process.stdout, installChromium)
  }
  const installed = findChromium()
  if (installed) return installed
  throw new Error('The browser tests need Chromium: install it, or set CHROMIUM to the path of one.')
}

async function installChromium() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await capture('apt-get', ['update'], { env })
  const { code, output } = await capture(
    'apt-get',
    ['install', '-y', '--no-install-recommends', 'chromium'],
    { env },
  )
  if (code !== 0) throw new Error(`Chromium cannot be installed:\n${output.trim()}`)
}

function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  return names.map(findProgram).find((path) => path !== null) ?? null
}

/** @param {string} name */
function findProgram(name) {
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))
  return paths.find(isExecutable) ?? null
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
