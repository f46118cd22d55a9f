import type { Message } from '@atrium/contract'
import { type RefObject, useMemo } from 'react'
import { copyText, useToast } from '../../../ui/index.ts'
import { type Command, useCommands } from '../../shell/commands.tsx'
import type { ComposerHandle } from '../composer/composer-handle.ts'
import { lexBlocks, normalise } from '../markdown/lex.ts'
import { plainText } from '../runs/answer-parts.ts'

/** Of commands that only an open conversation has; the sheet of shortcuts lists them everywhere. */
const section = 'Open conversation'

interface ChatCommandsInput {
  handle: RefObject<ComposerHandle | null>
  /** The messages on the screen when a command runs. */
  messages?: () => readonly Message[]
  stop?: (() => void) | null | undefined
  find?: (() => void) | null | undefined
  openBranches?: (() => void) | undefined
  rename?: (() => void) | undefined
}

/** The keyboard commands of the chat. Give it a memoised object. */
export function useChatCommands(input: ChatCommandsInput): void {
  const toast = useToast()
  const { handle, messages, stop, find, openBranches, rename } = input
  const commands = useMemo<Command[]>(() => {
    const copy = async (text: string | null, what: string) => {
      const done = text !== null && (await copyText(text))
      toast({ message: done ? `Copied the ${what}.` : `There is no ${what} to copy.` })
    }
    return [
      {
        id: 'focus-input',
        title: 'Go to the message field',
        section: 'Chat',
        shortcut: 'shift+escape',
        whileTyping: true,
        run: () => handle.current?.focus(),
      },
      ...(messages ? copyCommands(messages, copy) : []),
      ...viewCommands({ stop, find, openBranches, rename }),
    ]
  }, [handle, messages, stop, find, openBranches, rename, toast])
  useCommands(commands)
}

function copyCommands(
  messages: () => readonly Message[],
  copy: (text: string | null, what: string) => Promise<void>,
): Command[] {
  return [
    {
      id: 'copy-answer',
      title: 'Copy the last answer',
      section,
      icon: 'copy',
      shortcut: 'mod+shift+c',
      run: () => void copy(lastAnswer(messages()), 'last answer'),
    },
    {
      id: 'copy-code',
      title: 'Copy the last code block',
      section,
      icon: 'code',
      shortcut: 'mod+shift+;',
      run: () => void copy(lastCode(messages()), 'last code block'),
    },
  ]
}

function viewCommands({ stop, find, openBranches, rename }: Partial<ChatCommandsInput>): Command[] {
  const list: Command[] = []
  if (openBranches) {
    list.push({ id: 'branches', title: 'Show the branch map', section, icon: 'branch', run: openBranches })
  }
  if (rename) {
    const title = 'Rename this conversation'
    list.push({ id: 'rename', title, section, icon: 'edit', shortcut: 'f2', whileTyping: true, run: rename })
  }
  if (stop) {
    const run = () => {
      if (!document.querySelector('dialog:modal, :popover-open')) stop()
    }
    list.push({ id: 'stop', title: 'Stop the answer', section, icon: 'stop', shortcut: 'escape', run })
  }
  if (find) {
    const title = 'Find in this conversation'
    list.push({ id: 'find', title, section, icon: 'search', shortcut: 'mod+f', run: find })
  }
  return list
}

function lastAnswer(messages: readonly Message[]): string | null {
  const message = messages.findLast(({ role }) => role === 'assistant')
  return message ? plainText(message.content) || null : null
}

/** The newest code block of the path. */
function lastCode(messages: readonly Message[]): string | null {
  for (const message of messages.toReversed()) {
    if (message.role !== 'assistant') continue
    const block = lexBlocks(normalise(plainText(message.content))).findLast(
      ({ token }) => token.type === 'code',
    )
    if (block?.token.type === 'code') return block.token.text
  }
  return null
}
