import type { Alias } from '@atrium/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useSession } from '../../api/session.tsx'
import { type PolicyFields, policyFieldsOf } from './policy-form.ts'

interface StoredDraft {
  fields: PolicyFields
  /** The version that is being changed; null for a new alias. */
  version: number | null
}

export interface Draft {
  fields: PolicyFields
  /** The version that was looked at when the editing began; null for a new alias. */
  seen: number | null
  change: (changes: Partial<PolicyFields>) => void
  /** It was begun before and not saved. */
  isResumed: boolean
  /** Back to the alias as it is. */
  discard: () => void
  /** The alias was saved: nothing is left to keep. */
  forget: () => void
}

/**
 * The fields of the editor. What is not saved is kept as long as the page is, so that a look at another screen loses
 * nothing; the browser asks before a reload does. A draft of a version that is no longer in force is not taken up.
 */
export function useDraft(alias: Alias | null, firstModel: string): Draft {
  const client = useQueryClient()
  const key = [useSession().workspace.id, 'alias-draft', alias?.id ?? null]
  // A change by somebody else must not be overwritten: the version that was looked at counts, not the newest.
  const [seen] = useState(alias?.version ?? null)
  const [stored] = useState(() => {
    const found = client.getQueryData<StoredDraft>(key)
    return found?.version === seen ? found.fields : null
  })
  const [fields, setFields] = useState(() => stored ?? policyFieldsOf(alias, firstModel))
  const [state, setState] = useState<'as it is' | 'resumed' | 'changed'>(stored ? 'resumed' : 'as it is')
  useLeaveWarning(state !== 'as it is')
  const forget = () => {
    client.removeQueries({ queryKey: key })
    setState('as it is')
  }
  return {
    fields,
    seen,
    change: (changes) => {
      const next = { ...fields, ...changes }
      setFields(next)
      setState((now) => (now === 'resumed' ? now : 'changed'))
      client.setQueryDefaults(key, { gcTime: Infinity })
      client.setQueryData<StoredDraft>(key, { fields: next, version: seen })
    },
    isResumed: state === 'resumed',
    discard: () => {
      forget()
      setFields(policyFieldsOf(alias, firstModel))
    },
    forget,
  }
}

/** Lets the browser ask before it throws away what was written. */
function useLeaveWarning(isChanged: boolean): void {
  useEffect(() => {
    if (!isChanged) return undefined
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', warn)
    return () => removeEventListener('beforeunload', warn)
  }, [isChanged])
}
