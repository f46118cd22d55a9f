import type { Attributes } from '@atrium/wire/otlp'
import { tellUnmarked, type FieldValues, type RuleDraft } from './rules.ts'
import { text } from './values.ts'

/**
 * What belongs to no convention of generative AI.
 * Sources: https://opentelemetry.io/docs/specs/semconv/resource/service/,
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/ (deployment, enduser, error, session, user)
 */
export const common: readonly RuleDraft[] = [
  ...tellUnmarked('user', text, ['user.id', 'enduser.id']),
  ...tellUnmarked('team', text, 'atrium.team'),
  ...tellUnmarked('project', text, 'atrium.project'),
  ...tellUnmarked('environment', text, ['deployment.environment.name', 'deployment.environment']),
  ...tellUnmarked('version', text, 'service.version'),
  ...tellUnmarked('service', text, 'service.name'),
  ...tellUnmarked('errorType', text, 'error.type'),
]

type ResourceField = Extract<
  keyof FieldValues,
  'session' | 'user' | 'team' | 'project' | 'environment' | 'version' | 'service'
>

/**
 * Where the resource tells what the span does not. `service.namespace` is the team: OpenTelemetry gives "the team
 * name that owns a group of services" as its example.
 */
const OF_RESOURCE: Readonly<Record<ResourceField, readonly string[]>> = {
  session: ['session.id'],
  user: ['user.id', 'enduser.id'],
  team: ['atrium.team', 'service.namespace'],
  project: ['atrium.project', 'openinference.project.name'],
  environment: ['deployment.environment.name', 'deployment.environment', 'langfuse.environment'],
  version: ['langfuse.release', 'service.version'],
  service: ['service.name'],
}

/** What the resource tells of a field; null for nothing, or for the name that SDKs make up. */
export function ofResource(resource: Attributes, field: ResourceField): string | null {
  for (const name of OF_RESOURCE[field]) {
    const value = resource.get(name)
    const told = value === undefined ? undefined : text(value)
    if (told !== undefined && !told.startsWith('unknown_service')) return told
  }
  return null
}
