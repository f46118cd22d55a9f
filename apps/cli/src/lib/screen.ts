import { exitCodes } from './errors.ts'
import { withoutControls } from './output.ts'

const enter = '\u001B[?1049h\u001B[?25l'
const leave = '\u001B[?25h\u001B[?1049l'
const home = '\u001B[H'
const clearLine = '\u001B[K'
const clearBelow = '\u001B[J'

/** A terminal's whole screen, which is as it was before when this is disposed of or interrupted. */
export interface Screen extends Disposable {
  /** Shows as much of a text as fits. */
  draw(text: string): void
}

export function openScreen(): Screen {
  const { stdout } = process
  const interrupted = (): void => {
    stdout.write(leave)
    process.exit(exitCodes.interrupted)
  }
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  stdout.write(enter)
  return {
    draw: (text) => {
      const lines = withoutControls(text)
        .split('\n')
        .slice(0, stdout.rows - 1)
      const shown = lines.map((line) => `${line.slice(0, stdout.columns)}${clearLine}\n`)
      stdout.write(`${home}${shown.join('')}${clearBelow}`)
    },
    [Symbol.dispose]: () => {
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
      stdout.write(leave)
    },
  }
}
