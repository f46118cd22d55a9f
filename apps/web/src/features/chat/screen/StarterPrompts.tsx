import { Icon } from '../../../ui/index.ts'
import type { Draft } from '../data/use-actions.ts'

const guidePrompts = [
  'What can Atrium do?',
  'How do I connect a model provider?',
  'Show me what an answer can look like: a table, code and a list',
  'How are my conversations stored?',
]

const modelPrompts = [
  'Explain a piece of code that I paste, step by step',
  'Turn my notes into a clear summary',
  'Draft a reply to a difficult message',
  'Compare two options in a table',
]

interface StarterPromptsProps {
  /** The built-in guide answers, which knows Atrium and nothing else. */
  forGuide: boolean
  onChoose: (draft: Draft) => void
}

/** A few ways to begin. */
export function StarterPrompts({ forGuide, onChoose }: StarterPromptsProps) {
  return (
    <ul aria-label="Ways to begin" className="flex flex-col">
      {(forGuide ? guidePrompts : modelPrompts).map((prompt) => (
        <li key={prompt} className="border-t border-line last:border-b">
          <button
            type="button"
            onClick={() => onChoose({ text: prompt, files: [] })}
            className="touch-target group flex min-h-10 w-full items-center gap-3 px-1 py-2 text-left text-muted transition-colors hover:text-ink"
          >
            <span className="min-w-0 flex-1">{prompt}</span>
            <Icon
              name="chevronRight"
              size={14}
              className="opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100"
            />
          </button>
        </li>
      ))}
    </ul>
  )
}
