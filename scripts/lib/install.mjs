import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { progress } from './progress.mjs'
import { capture, pinnedNode, root } from './run.mjs'

const lockfile = join(root, 'package-lock.json')
const stamp = join(root, 'node_modules', '.atrium-install')
/** What npm itself writes at the end of an installation. */
const hiddenLockfile = join(root, 'node_modules', '.package-lock.json')

/**
 * Installs the packages that the lock file names, unless they are there.
 * @param {NodeJS.WriteStream} stream where progress is shown
 */
export async function ensureInstalled(stream) {
  const hash = createHash('sha256').update(readFileSync(lockfile)).digest('hex')
  if (isInstalled(hash)) return
  await progress('Installing packages', stream, async (say) => {
    const paths = packagePaths()
    say(() => `(${paths.filter(isUnpacked).length} of ${paths.length}; this takes a minute or two)`)
    await installPackages()
    say(() => '(checking Node.js)')
    await ensurePinnedNode()
    writeFileSync(stamp, hash)
  })
}

/** Folders of the packages that the lock file asks for on this machine. */
function packagePaths() {
  /** @type {{ packages: Record<string, { link?: boolean, os?: string[], cpu?: string[] }> }} */
  const { packages } = JSON.parse(readFileSync(lockfile, 'utf8'))
  return Object.entries(packages).flatMap(([path, { link, os, cpu }]) => {
    const fits = (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true)
    return path.includes('node_modules/') && !link && fits ? [path] : []
  })
}

/**
 * npm makes all folders first and fills them as packages arrive.
 * @param {string} path
 */
const isUnpacked = (path) => existsSync(join(root, path, 'package.json'))

/** @param {string} hash */
function isInstalled(hash) {
  if (!existsSync(hiddenLockfile) || !existsSync(pinnedNode)) return false
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return true
  // Somebody has run npm by hand since the lock file changed. It writes both files within seconds.
  const isNewer = statSync(hiddenLockfile).mtimeMs > statSync(lockfile).mtimeMs - 5_000
  if (isNewer) writeFileSync(stamp, hash)
  return isNewer
}

// Tools are needed to build the web app, whatever NODE_ENV says.
const npmOptions = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error']

async function installPackages() {
  const { code, output } = await npm(['ci', ...npmOptions])
  if (code === 0) return
  if (!output.includes('EUSAGE')) throw new Error(`npm ci failed:\n${output.trim()}`)
  // A lock file that was written where the registry lacks other platforms' optional packages is incomplete to
  // `npm ci`; the other command takes the very versions that it names.
  await must(['install', '--no-save', ...npmOptions])
}

/** The package `node` fetches its binary in an install script, which npm may have been told not to run. */
async function ensurePinnedNode() {
  if (existsSync(pinnedNode)) {
    const { code } = await capture(pinnedNode, ['--version'])
    if (code === 0) return
  }
  await must(['rebuild', '--foreground-scripts', 'node'])
  if (!existsSync(pinnedNode)) throw new Error(`The pinned Node is missing: ${pinnedNode}`)
}

/** @param {readonly string[]} args */
async function must(args) {
  const { code, output } = await npm(args)
  if (code !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${output.trim()}`)
}

/**
 * Runs npm in the environment as it is: it belongs to the system's Node, not to the one being installed.
 * @param {readonly string[]} args
 */
const npm = (args) => capture('npm', args, { env: process.env })
