import type { Kind } from './kind.ts'
import { type Draft, field, message, type MessageKind, repeated } from './message.ts'
import type { Attributes, Batch } from './types.ts'
import { emptyScope, noAttributes, resource, scope } from './values.ts'

interface ScopeGroup<T> {
  scope: Batch<T>['scope']
  records: T[]
}

interface ResourceGroup<T> {
  resource: Attributes
  scopes: ScopeGroup<T>[]
}

/**
 * The frame that requests of all signals share: records by scope by resource. A kind that gives undefined for a record
 * leaves it out. Source: opentelemetry/proto/collector/{trace,logs,metrics}/v1.
 */
export function requestOf<T>(
  resources: string,
  scopes: string,
  records: string,
  kind: Kind<Draft<T> | T | undefined>,
): MessageKind<{ batches: Batch<T>[] }> {
  const scopeGroup = message<ScopeGroup<T>>(
    () => ({ scope: emptyScope(), records: [] }),
    [
      field(1, 'scope', scope, (target, value) => {
        target.scope = value
      }),
      repeated(2, records, kind, (target, item) => {
        // A draft that is done is what it was a draft of.
        if (item !== undefined) target.records.push(item as T)
      }),
    ],
  )
  const resourceGroup = message<ResourceGroup<T>>(
    () => ({ resource: noAttributes, scopes: [] }),
    [
      field(1, 'resource', resource, (target, { attributes }) => {
        target.resource = attributes
      }),
      repeated(2, scopes, scopeGroup, (target, group) => {
        if (group.records.length > 0) target.scopes.push(group)
      }),
    ],
  )
  return message<{ batches: Batch<T>[] }>(
    () => ({ batches: [] }),
    [
      repeated(1, resources, resourceGroup, (target, group) => {
        for (const { scope, records } of group.scopes) {
          target.batches.push({ resource: group.resource, scope, records })
        }
      }),
    ],
  )
}
