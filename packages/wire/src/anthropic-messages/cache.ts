import type { FidelityCollector } from '../shared/fidelity.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { CacheMark } from '../spec/request.ts'

/** https://platform.claude.com/docs/en/build-with-claude/prompt-caching */
export function marked(block: JsonObject, cache: CacheMark | undefined): JsonObject {
  if (!cache) return block
  const mark = cache.ttl === '1h' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' }
  return { ...block, cache_control: mark }
}

/** At most four marks are read; the last ones hold, since each covers all that comes before it. */
export function limitCacheMarks(body: JsonObject, notes: FidelityCollector): void {
  const marks = [body['tools'], body['system'], body['messages']].flatMap(markedBlocks)
  for (const block of marks.slice(0, -maxCacheMarks)) {
    delete block['cache_control']
    notes.dropped('cache', `only ${maxCacheMarks} cache marks are allowed; the earliest went`)
  }
}

const maxCacheMarks = 4

/** Marked blocks in the order in which the API reads them. `marked` made a copy of each, so a mark may be taken off. */
function markedBlocks(value: JsonValue | undefined): JsonObject[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((item) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return []
    const own = item['cache_control'] === undefined ? [] : [item]
    return [...own, ...markedBlocks(item['content'])]
  })
}
