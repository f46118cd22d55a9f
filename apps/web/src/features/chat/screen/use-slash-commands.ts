import type { Conversation } from '@atrium/contract'
import { useMemo } from 'react'
import { paths } from '../../../paths.ts'
import { useGo } from '../../../routes/links.tsx'
import type { Suggestion } from '../composer/suggestions.ts'
import type { ChatSettings } from '../composer/use-settings.ts'
import type { DialogName } from './use-dialogs.ts'

interface ConversationCommands {
  conversation: Conversation
  open: (dialog: DialogName) => void
  exportAs: (format: 'markdown' | 'json') => void
}

/** What `/` offers: styles, and what can be done with the conversation. */
export function useSlashCommands(
  settings: ChatSettings,
  inConversation: ConversationCommands | null,
): readonly Suggestion[] {
  const go = useGo()
  const { styles, setStyle, chosenModel, thinking, setThinking } = settings
  return useMemo(() => {
    const ofStyles = styles.map(({ id, name }): Suggestion => ({
      id: name.toLowerCase(),
      title: `/${name.toLowerCase().replaceAll(' ', '-')}`,
      hint: `Answer in the style ${name}`,
      run: () => setStyle(id),
    }))
    const toggle: Suggestion = {
      id: 'thinking',
      title: '/thinking',
      hint: thinking ? 'Turn thinking off' : 'Turn thinking on',
      run: () => setThinking(!thinking),
    }
    return [
      { id: 'new', title: '/new', hint: 'Start a new chat', run: () => go(paths.home()) },
      { id: 'search', title: '/search', hint: 'Search conversations', run: () => go(paths.search()) },
      ...(inConversation ? ofConversation(inConversation) : []),
      ...(chosenModel?.capabilities.thinkingToggle ? [toggle] : []),
      ...ofStyles,
    ]
  }, [styles, setStyle, chosenModel, thinking, setThinking, go, inConversation])
}

const ofConversation = ({ open, exportAs }: ConversationCommands): Suggestion[] => [
  { id: 'export', title: '/export', hint: 'Download as Markdown', run: () => exportAs('markdown') },
  { id: 'export-json', title: '/export-json', hint: 'Download as JSON', run: () => exportAs('json') },
  { id: 'branches', title: '/branches', hint: 'Show the branch map', run: () => open('branches') },
  { id: 'rename', title: '/rename', hint: 'Rename this conversation', run: () => open('rename') },
]
