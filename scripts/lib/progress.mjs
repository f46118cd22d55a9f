const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** @param {number} startedAt a reading of `performance.now()` */
export const secondsSince = (startedAt) => ((performance.now() - startedAt) / 1000).toFixed(1)

/**
 * Says what is being done, does it, and says how long it took. On a terminal the line moves meanwhile.
 * @template Result
 * @param {string} doing such as "Installing packages"
 * @param {NodeJS.WriteStream} stream
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function progress(doing, stream, work) {
  const startedAt = performance.now()
  const stop = stream.isTTY ? spin(doing, stream) : announce(doing, stream)
  try {
    const result = await work()
    stop(`${doing}: done in ${secondsSince(startedAt)} s\n`)
    return result
  } catch (error) {
    stop(`${doing}: failed\n`)
    throw error
  }
}

/**
 * @param {string} doing
 * @param {NodeJS.WriteStream} stream
 */
function announce(doing, stream) {
  stream.write(`${doing} …\n`)
  return (/** @type {string} */ text) => stream.write(text)
}

/**
 * @param {string} doing
 * @param {NodeJS.WriteStream} stream
 */
function spin(doing, stream) {
  let turn = 0
  const draw = () => stream.write(`\r\u001B[2K${frames[turn++ % frames.length]} ${doing} …`)
  draw()
  const timer = setInterval(draw, 100)
  return (/** @type {string} */ text) => {
    clearInterval(timer)
    stream.write(`\r\u001B[2K${text}`)
  }
}
