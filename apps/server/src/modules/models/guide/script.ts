/** A piece of an answer before it is streamed. */
export type Section =
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'tool'
      readonly name: string
      readonly args: Readonly<Record<string, string>>
      readonly output: string
    }
  | { readonly kind: 'source'; readonly title: string; readonly snippet: string }

/** A whole answer, decided before its first word is sent. */
export type Script = readonly Section[]

export const say = (text: string): Section => ({ kind: 'text', text })

/** What is left of a script after the text that was already shown; the whole script when that text is not its beginning. */
export function continueAfter(script: Script, begun: string): Script {
  if (begun === '') return script
  const whole = script.map((section) => (section.kind === 'text' ? section.text : '')).join('')
  const shown = whole.startsWith(begun)
    ? begun.length
    : whole.startsWith(begun.trimEnd())
      ? begun.trimEnd().length
      : 0
  if (shown === 0) return script
  let skip = shown
  const rest: Section[] = []
  for (const section of script) {
    if (section.kind === 'text') {
      const text = section.text.slice(skip)
      skip = Math.max(0, skip - section.text.length)
      if (text !== '') rest.push(say(text))
    } else if (section.kind === 'source') rest.push(section)
  }
  return rest
}
