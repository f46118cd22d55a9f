import type { Model } from '@atrium/contract'

/** The name to show of a model: one that only repeats the id in other signs (`gpt 4o mini`) is no nicer than the id. */
export function modelName(id: string, name: string): string {
  const own = id.slice(id.lastIndexOf('/') + 1)
  return name === name.toLowerCase() && signless(name) === signless(own.toLowerCase()) ? own : name
}

const signless = (text: string): string => text.replaceAll(/[^a-z0-9]/g, '')

export const withShownNames = ({ data }: { data: Model[] }): Model[] =>
  data.map((model) => ({ ...model, name: modelName(model.id, model.name) }))
