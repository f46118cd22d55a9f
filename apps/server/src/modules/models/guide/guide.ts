import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { usageOf, type Finish } from '@atrium/wire'
import { estimateInput } from '../router/estimate.ts'
import type { CallPurpose, ReplyPart, RoutedRequest } from '../types.ts'
import { answer, titleScript, type Library } from './answer.ts'
import { passagesOfPage, type Passage } from './passages.ts'
import { play, type Pace } from './play.ts'
import { createIndex } from './search.ts'

export interface GuideOptions {
  /** Folder of the guide's pages, Markdown. */
  readonly folder?: string
  readonly pace?: Partial<Pace>
}

/** The built-in guide as something that the router can call like a model. */
export interface Guide {
  /**
   * Streams an answer and gives how it ended.
   * @throws the signal's reason when aborted
   */
  run(
    purpose: CallPurpose,
    request: RoutedRequest,
    signal: AbortSignal,
    emit: (parts: ReplyPart[]) => void,
  ): Promise<Finish>
}

const bundled = fileURLToPath(new URL('../../../../../../docs/guide/', import.meta.url))
const naturalPace: Pace = { tokensPerSecond: 120, tickMs: 25 }

export function createGuide(options: GuideOptions = {}): Guide {
  const pace = { ...naturalPace, ...options.pace }
  let library: Promise<Library> | undefined
  return {
    run: async (purpose, request, signal, emit) => {
      library ??= openLibrary(options.folder ?? bundled)
      const script = purpose === 'title' ? titleScript(request) : answer(request, await library)
      const played = await play(script, { pace, signal, maxTokens: request.maxOutputTokens, emit })
      const usage = usageOf(
        { uncached: estimateInput(request), text: played.textTokens, reasoning: played.reasoningTokens },
        { by: 'atrium/guide' },
      )
      return { type: 'finish', reason: { unified: played.reason, raw: played.reason }, usage }
    },
  }
}

/** Reads the pages and builds the index over them. */
export async function openLibrary(folder: string): Promise<Library> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).toSorted()
  const pages = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  const passages: Passage[] = pages.flatMap(passagesOfPage).map((passage, id) => ({ ...passage, id }))
  return { passages, index: createIndex(passages) }
}
