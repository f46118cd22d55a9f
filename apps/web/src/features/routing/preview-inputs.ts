import type { PolicyInput } from '@atrium/contract'
import type { Input } from '../../api/client.ts'
import type { MetadataFields } from './policy-form.ts'

/** The imagined request of a preview, as people type it. */
export interface PreviewInputs {
  metadata: MetadataFields[]
  /** Empty for oneself. */
  personId: string
  teamId: string
  keyId: string
  affinity: string
  inputTokens: string
}

export const usualInputs: PreviewInputs = {
  metadata: [],
  personId: '',
  teamId: '',
  keyId: '',
  affinity: '',
  inputTokens: '1000',
}

/** What is previewed: an alias or model as it is, or a policy that was not saved. */
export type PreviewSubject = { model: string } | { policy: PolicyInput }

/** The question as the API takes it; of two values for one name the later counts. */
export function previewBody(subject: PreviewSubject, inputs: PreviewInputs): Input<'previewRouting'>['body'] {
  const { metadata, personId, teamId, keyId, affinity, inputTokens } = inputs
  const named = metadata.filter(({ name }) => name.trim() !== '')
  return {
    ...subject,
    metadata: Object.fromEntries(named.map(({ name, value }) => [name.trim(), value])),
    teamIds: teamId ? [teamId] : [],
    inputTokens: Math.round(Number(inputTokens)) || 0,
    ...(personId && { personId }),
    ...(keyId && { keyId }),
    ...(affinity.trim() && { affinity: affinity.trim() }),
  }
}
