/** `{slug}/{upstream id}`, of which only the first slash separates: upstream ids may have slashes too. */
export function splitModelId(model: string): { slug: string; upstreamId: string } {
  const slash = model.indexOf('/')
  return slash < 0
    ? { slug: '', upstreamId: model }
    : { slug: model.slice(0, slash), upstreamId: model.slice(slash + 1) }
}
