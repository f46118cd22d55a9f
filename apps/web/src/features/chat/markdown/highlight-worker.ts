import { createHighlighterCore, type HighlighterCore } from 'shiki/core'
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript'
import type { HighlightedLine } from './highlighter.ts'
import { languageOf } from './languages.ts'

export interface HighlightRequest {
  id: number
  code: string
  language: string
}

export interface HighlightReply {
  id: number
  lines: readonly HighlightedLine[] | null
}

const themes = { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' }

const highlighter: Promise<HighlighterCore> = createHighlighterCore({
  themes: [
    import('@shikijs/themes/github-light-high-contrast'),
    import('@shikijs/themes/github-dark-high-contrast'),
  ],
  langs: [],
  engine: createJavaScriptRegexEngine({ forgiving: true }),
})

async function highlight({ code, language }: HighlightRequest): Promise<readonly HighlightedLine[] | null> {
  const found = languageOf(language)
  if (!found) return null
  const core = await highlighter
  if (!core.getLoadedLanguages().includes(found.id)) await core.loadLanguage(found.load())
  const lines = core.codeToTokensWithThemes(code, { lang: found.id, themes, tokenizeTimeLimit: 500 })
  return lines.map((line) =>
    line.map(({ content, variants }) => [
      content,
      variants['light']?.color ?? 'currentColor',
      variants['dark']?.color ?? 'currentColor',
    ]),
  )
}

addEventListener('message', ({ data }: MessageEvent<HighlightRequest>) => {
  const answer = (lines: HighlightReply['lines']) => {
    const reply: HighlightReply = { id: data.id, lines }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- workers have no origin to name
    postMessage(reply)
  }
  highlight(data).then(answer, () => answer(null))
})
