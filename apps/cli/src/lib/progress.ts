import type { Output } from './output.ts'

/** One line that tells how far long work is; nothing where nobody watches. */
export interface Progress {
  show(text: string): void
  end(): void
}

const everyMs = 100

export function createProgress(output: Output): Progress {
  if (!output.interactive) return { show: () => undefined, end: () => undefined }
  let shownAt = 0
  const width = () => process.stderr.columns - 1
  return {
    show: (text) => {
      if (performance.now() - shownAt < everyMs) return
      shownAt = performance.now()
      process.stderr.write(`\r\u001B[2K${text.slice(0, width())}`)
    },
    end: () => void process.stderr.write('\r\u001B[2K'),
  }
}
