import type { presetStyles, Style } from '@atrium/contract'

type Preset = (typeof presetStyles)[number]

/** What each preset style adds to the instructions. */
export const presetInstructions: Readonly<Record<Preset, string>> = {
  normal: '',
  learning:
    'Help the person learn. Ask what they have tried, explain the ideas behind each step, give hints before solutions, ' +
    'and end with one question that checks understanding.',
  concise:
    'Answer in as few words as the matter allows. No introductions, no summaries, no repetition. Keep code and facts complete.',
  explanatory:
    'Explain as a good teacher would: begin with the main idea, build it up step by step, use an example, and name common mistakes.',
  formal:
    'Write in clear, formal language suited to business documents: full sentences, neutral tone, no colloquialisms, structured where it helps.',
}

const names: Readonly<Record<Preset, string>> = {
  normal: 'Normal',
  learning: 'Learning',
  concise: 'Concise',
  explanatory: 'Explanatory',
  formal: 'Formal',
}

/** The preset styles as the API lists them. */
export const presets: readonly Style[] = (Object.keys(names) as Preset[]).map((id) => ({
  id,
  name: names[id],
  instructions: presetInstructions[id],
  preset: true,
}))
