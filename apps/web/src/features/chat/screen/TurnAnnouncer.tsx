import type { Message } from '@atrium/contract'
import { useEffect, useRef, useState } from 'react'
import { plainText } from '../runs/answer-parts.ts'

const words: Record<Message['status'], string> = {
  complete: 'The answer is complete.',
  stopped: 'The answer was stopped.',
  interrupted: 'The answer was interrupted.',
  failed: 'There was no answer.',
  streaming: '',
}

const wordsOf = ({ status, content }: Message): string =>
  status === 'failed' && plainText(content) !== '' ? 'The answer was cut off.' : words[status]

/** Tells screen readers once when an answer has ended; the tokens themselves are never announced. */
export function TurnAnnouncer({ messages }: { messages: readonly Message[] }) {
  const [text, setText] = useState('')
  const streaming = useRef(new Set<string>())
  useEffect(() => {
    for (const message of messages.slice(-4)) {
      const { id, status } = message
      if (status === 'streaming') streaming.current.add(id)
      else if (streaming.current.delete(id)) setText(wordsOf(message))
    }
  }, [messages])
  useEffect(() => {
    if (!text) return undefined
    const timer = setTimeout(() => setText(''), 4000)
    return () => clearTimeout(timer)
  }, [text])
  return <output className="sr-only">{text}</output>
}
