const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 100
/** Where lines cannot be drawn over, such as in a log. */
const lineEveryMs = 10_000

/** @param {number} startedAt a reading of `performance.now()` */
export const secondsSince = (startedAt) => ((performance.now() - startedAt) / 1000).toFixed(1)

/** @typedef {(detail: () => string) => void} Say tells how far it is; asked again for each line that is drawn */

/**
 * Says what is being done, does it, and says how long it took. Meanwhile it counts the seconds: on a terminal in a line
 * that moves, elsewhere in a new line every ten seconds.
 * @template Result
 * @param {string} doing such as "Installing packages"
 * @param {NodeJS.WriteStream} stream
 * @param {(say: Say) => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function progress(doing, stream, work) {
  const startedAt = performance.now()
  let detail = () => ''
  const line = () => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    return [`${doing} …`, seconds > 0 ? `${seconds} s` : '', detail()].filter(Boolean).join(' ')
  }
  const stop = stream.isTTY ? spin(line, stream) : announce(line, stream)
  try {
    const result = await work((next) => {
      detail = next
    })
    stop(`${doing}: done in ${secondsSince(startedAt)} s\n`)
    return result
  } catch (error) {
    stop(`${doing}: failed\n`)
    throw error
  }
}

/**
 * @param {() => string} line
 * @param {NodeJS.WriteStream} stream
 */
function announce(line, stream) {
  const write = () => stream.write(`${line()}\n`)
  write()
  const timer = setInterval(write, lineEveryMs)
  return (/** @type {string} */ text) => {
    clearInterval(timer)
    stream.write(text)
  }
}

/**
 * @param {() => string} line
 * @param {NodeJS.WriteStream} stream
 */
function spin(line, stream) {
  let turn = 0
  let text = line()
  const draw = () => {
    // The frames move faster than what they stand before.
    if (turn % 10 === 0) text = line()
    stream.write(`\r\u001B[2K${frames[turn % frames.length]} ${text}`)
    turn += 1
  }
  draw()
  const timer = setInterval(draw, frameMs)
  return (/** @type {string} */ last) => {
    clearInterval(timer)
    stream.write(`\r\u001B[2K${last}`)
  }
}
