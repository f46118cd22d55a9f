import type { Conversation, Model, OpenConversation, Style } from '@atrium/contract'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { call } from '../../../api/client.ts'
import { messageOf } from '../../../api/error.ts'
import { readStored, writeStored } from '../../../api/preferences.ts'
import { keys, queries } from '../../../api/queries.ts'
import { useSession } from '../../../api/session.tsx'
import { useToast } from '../../../ui/index.ts'
import { useChatServices } from '../data/chat-services.ts'
import type { ConversationChange } from '../data/use-actions.ts'

/** How the next answer is made: by which model, in which style, with or without thinking. */
export interface ChatSettings {
  readonly models: readonly Model[]
  readonly styles: readonly Style[]
  readonly model: string
  readonly chosenModel: Model | undefined
  readonly style: Conversation['style']
  readonly thinking: boolean
  setModel: (model: string) => void
  setStyle: (style: Conversation['style']) => void
  setThinking: (thinking: boolean) => void
}

interface Choice {
  model?: string
  style?: Conversation['style']
  thinking?: boolean
}

const NO_MODELS: readonly Model[] = []
const NO_STYLES: readonly Style[] = []

/**
 * The settings of a conversation, or those that the next new one begins with: the workspace's default model, where that is
 * not offered the one chosen last on this device, and nothing else of earlier conversations.
 */
export function useChatSettings(conversation: Conversation | undefined): ChatSettings {
  const { workspace } = useSession()
  const { data: models = NO_MODELS } = useQuery(queries.models(workspace.id))
  const { data: styles = NO_STYLES } = useQuery(queries.styles(workspace.id))
  const storedName = `chat.model.${workspace.id}`
  const [lastModel] = useState(() => readStored<string>(storedName))
  const [choice, setChoice] = useState<Choice>({})
  const update = useUpdateConversation()
  return useMemo(() => {
    const change = (next: Choice) => {
      if (next.model) writeStored(storedName, next.model)
      if (conversation) void update(conversation.id, changeOf(next))
      else setChoice({ ...choice, ...next })
    }
    const usable = (id: string | null | undefined) => (models.some((each) => each.id === id) ? id : undefined)
    const first = models.find(({ label }) => label === null) ?? models[0]
    const model =
      conversation?.model ??
      usable(choice.model) ??
      usable(workspace.defaultModel) ??
      usable(lastModel) ??
      first?.id ??
      ''
    return {
      models,
      styles,
      model,
      chosenModel: models.find(({ id }) => id === model),
      style: conversation?.style ?? choice.style ?? 'normal',
      thinking: conversation?.settings.thinking ?? choice.thinking ?? false,
      setModel: (id) => change({ model: id }),
      setStyle: (style) => change({ style }),
      setThinking: (thinking) => change({ thinking }),
    }
  }, [conversation, models, styles, choice, workspace.defaultModel, lastModel, update, storedName])
}

function changeOf({ model, style, thinking }: Choice): ConversationChange {
  return {
    ...(model === undefined ? {} : { model }),
    ...(style === undefined ? {} : { style }),
    ...(thinking === undefined ? {} : { settings: { thinking } }),
  }
}

/** Changes a conversation, on the screen at once; takes it back when the server refuses. */
export function useUpdateConversation(): (id: string, change: ConversationChange) => Promise<boolean> {
  const { workspaceId, client, changePath } = useChatServices()
  const toast = useToast()
  return useMemo(
    () => async (id, change) => {
      const { model, title, ...rest } = change
      const body = { ...rest, ...(model ? { model } : {}), ...(title ? { title } : {}) }
      changePath(id, (path) => ({ ...path, conversation: { ...path.conversation, ...change } }))
      try {
        const conversation = await call('updateConversation', {
          params: { workspaceId, conversationId: id },
          body,
        })
        changePath(id, (path: OpenConversation) => ({ ...path, conversation }))
        await client.invalidateQueries({ queryKey: keys.conversations(workspaceId) })
        return true
      } catch (error) {
        toast({ message: messageOf(error), tone: 'danger' })
        void client.invalidateQueries({ queryKey: keys.conversation(workspaceId, id) })
        return false
      }
    },
    [workspaceId, client, changePath, toast],
  )
}
