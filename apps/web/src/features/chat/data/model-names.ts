import type { Model } from '@atrium/contract'

type Named = Pick<Model, 'id' | 'name' | 'connectionName'>

/**
 * What tells models of one name apart, by their ids: the connection, or the id where even that is the same. Models with
 * a name of their own are not in it.
 */
export function modelDetails(models: readonly Named[]): ReadonlyMap<string, string> {
  const details = new Map<string, string>()
  for (const group of Map.groupBy(models, ({ name }) => name).values()) {
    if (group.length < 2) continue
    const connections = Map.groupBy(group, ({ connectionName }) => connectionName)
    for (const { id, connectionName } of group) {
      details.set(id, connections.get(connectionName)?.length === 1 ? connectionName : id)
    }
  }
  return details
}

/** A model's name, with what tells it apart where another has the same. */
export function fullModelName({ id, name }: Named, details: ReadonlyMap<string, string>): string {
  const detail = details.get(id)
  return detail ? `${name} · ${detail}` : name
}
