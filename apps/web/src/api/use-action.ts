import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef } from 'react'
import { ApiError, messageOf } from './error.ts'
import { uuidv7 } from './ids.ts'

export interface Action<A, R> {
  /** Does it; answers null when it failed (`error` then says why). */
  run: (input: A) => Promise<R | null>
  busy: boolean
  /** What it is being done to. */
  input: A | undefined
  error: Error | null
  /** It was done, since the screen opened or the last reset. */
  done: boolean
  /** What it answered last. */
  result: R | undefined
  reset: () => void
}

/** One thing that a screen changes, with its progress and its failure. Afterwards the given lists are read again. */
export function useAction<A, R>(
  act: (input: A) => Promise<R>,
  refreshes: readonly QueryKey[] = [],
): Action<A, R> {
  const client = useQueryClient()
  const mutation = useMutation({
    mutationFn: act,
    onSettled: () => Promise.all(refreshes.map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
  return {
    run: (input) => mutation.mutateAsync(input).catch(() => null),
    busy: mutation.isPending,
    input: mutation.isPending ? mutation.variables : undefined,
    error: mutation.error,
    done: mutation.isSuccess,
    result: mutation.data,
    reset: mutation.reset,
  }
}

export interface Submission {
  busy: boolean
  /** What is wrong with one field, by the name that the API gives it. */
  problemOf: (field: string) => string | null
  /** What is wrong with the whole, or with fields that the form does not show. */
  problem: string | null
  formProps: { onSubmit: (event: FormEvent) => void; onChange: () => void }
}

/**
 * A form that is sent. As long as it is unknown whether a sending arrived, sending the same content again
 * carries the same key, so that nothing is created twice.
 */
export function useSubmission(
  fields: readonly string[],
  send: (idempotencyKey: string) => Promise<unknown>,
): Submission {
  const key = useRef<string | null>(null)
  const mutation = useMutation({
    mutationFn: (idempotencyKey: string) => send(idempotencyKey),
    onSettled: (_, error) => {
      if (!(error instanceof ApiError && error.isTemporary)) key.current = null
    },
  })
  const { error, isPending, mutate } = mutation
  const problems = fieldProblems(error)
  const shown = fields.some((field) => problems.has(field))
  return {
    busy: isPending,
    problemOf: (field) => problems.get(field) ?? null,
    problem: error && !shown ? messageOf(error) : null,
    formProps: {
      onSubmit: (event) => {
        event.preventDefault()
        if (isPending) return
        key.current ??= uuidv7()
        mutate(key.current)
      },
      onChange: () => {
        key.current = null
      },
    },
  }
}

/** Reads which fields the server refused, from `details: [{ field, problem }]`. */
export function fieldProblems(error: unknown): Map<string, string> {
  const details = error instanceof ApiError && Array.isArray(error.details) ? error.details : []
  const found = new Map<string, string>()
  for (const detail of details) {
    if (typeof detail !== 'object' || detail === null) continue
    const { field, problem } = detail
    if (typeof field === 'string' && typeof problem === 'string') found.set(field, sentence(problem))
  }
  return found
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
