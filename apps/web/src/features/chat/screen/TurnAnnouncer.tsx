import type { Message } from '@atrium/contract'
import { useEffect, useRef, useState } from 'react'

const words: Record<Message['status'], string> = {
  complete: 'The answer is complete.',
  stopped: 'The answer was stopped.',
  interrupted: 'The answer was interrupted.',
  failed: 'There was no answer.',
  streaming: '',
}

/** Tells screen readers once when an answer has ended; the tokens themselves are never announced. */
export function TurnAnnouncer({ messages }: { messages: readonly Message[] }) {
  const [text, setText] = useState('')
  const streaming = useRef(new Set<string>())
  useEffect(() => {
    for (const { id, status } of messages.slice(-4)) {
      if (status === 'streaming') streaming.current.add(id)
      else if (streaming.current.delete(id)) setText(words[status])
    }
  }, [messages])
  useEffect(() => {
    if (!text) return undefined
    const timer = setTimeout(() => setText(''), 4000)
    return () => clearTimeout(timer)
  }, [text])
  return <output className="sr-only">{text}</output>
}
