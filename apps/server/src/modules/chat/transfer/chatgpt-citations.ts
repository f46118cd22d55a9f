import { z } from 'zod'
import type { DraftPart } from './draft.ts'

const optionalText = z.string().nullish().catch(null)
const page = z.object({ title: optionalText, url: optionalText, snippet: optionalText, text: optionalText })

/** A source: older answers name one page each, newer ones a marker in the text and the pages behind it. */
const reference = page.extend({
  matched_text: optionalText,
  /** What the marker reads as, in Markdown. */
  alt: optionalText,
  items: z.array(page).nullish().catch(null),
})

/** Members of a message's metadata that name its sources. */
export const referring = z.object({
  content_references: z.array(reference).nullish().catch(null),
  citations: z
    .array(z.object({ metadata: reference.nullish() }))
    .nullish()
    .catch(null),
})
type Referring = z.infer<typeof referring>

/** Markers between private-use characters (`turn0search1`), which ChatGPT replaces before it shows the text. */
const markers = /\u{e200}[^\u{e200}\u{e201}]*\u{e201}/gu

/** The text with markers replaced by what they read as. */
export function plainText(text: string, { content_references: references }: Referring): string {
  const meanings = new Map((references ?? []).map((one) => [one.matched_text ?? '', one.alt ?? '']))
  return text.replaceAll(markers, (marker) => meanings.get(marker) ?? '')
}

/** The pages that an answer names, each once. */
export function citationsOf({ content_references: references, citations }: Referring): DraftPart[] {
  const newer = (references ?? []).flatMap((one) => [one, ...(one.items ?? [])])
  const older = (citations ?? []).flatMap((one) => one.metadata ?? [])
  const pages = new Map([...newer, ...older].flatMap((one) => (one.url ? [[one.url, one] as const] : [])))
  return [...pages].map(([url, one], index) => ({
    type: 'citation',
    index: index + 1,
    title: one.title ?? url,
    url,
    snippet: one.snippet ?? one.text ?? '',
  }))
}
