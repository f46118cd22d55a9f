import { useEffect, useState } from 'react'
import { useSession } from '../../api/session.tsx'
import type { SelectOption } from '../../ui/index.ts'
import { isDefaultMissing, isReal, suggestedModel } from './suggested-model.ts'
import { useArrivingModels } from './use-arriving-models.ts'
import { modelOptions, useChangeDefault } from './use-default-model.ts'

/** The default model as the first run chooses it. */
export interface FirstDefault {
  /** Empty while there is nothing to choose from. */
  options: SelectOption[]
  value: string
  busy: boolean
  choose: (modelId: string) => void
  /** Keeps what is shown as the choice. */
  keep: () => Promise<void>
  /** Keeps the suggestion as soon as the models of a connection that was just made are there. */
  keepNext: () => void
}

/**
 * Proposes a language model as soon as there is one, which may take a moment where something `isConnected`; what is shown is kept when somebody connects,
 * chooses or goes on.
 */
export function useFirstDefault(isConnected: boolean): FirstDefault {
  const { workspace, can } = useSession()
  const models = useArrivingModels(isReal, isConnected) ?? []
  const change = useChangeDefault()
  const [awaited, setAwaited] = useState(false)
  const isMissing = isDefaultMissing(models, workspace.defaultModel)
  const [picked, setPicked] = useState<string | null>(null)
  const suggestion = isMissing && picked === null ? suggestedModel(models)?.id : undefined
  const value = picked ?? suggestion ?? workspace.defaultModel
  const { run } = change
  useEffect(() => {
    if (!awaited || !suggestion) return
    setAwaited(false)
    void run(suggestion)
    // oxlint-disable-next-line react/exhaustive-deps -- `run` is new on each draw and always does the same
  }, [awaited, suggestion])
  const mayChoose = can('workspace:update') && models.some(isReal)
  return {
    options: mayChoose ? modelOptions(models, value) : [],
    value,
    busy: change.busy,
    choose: (modelId) => {
      setPicked(modelId)
      void run(modelId)
    },
    keep: async () => {
      if (mayChoose && value !== workspace.defaultModel) await run(value)
    },
    keepNext: () => setAwaited(true),
  }
}
