import { useEffect, useState } from 'react'
import { Button, type ButtonSize } from './Button.tsx'
import { copyText } from './clipboard.ts'
import { IconButton } from './IconButton.tsx'

const shownMs = 2000

interface CopyButtonProps {
  text: string | (() => string)
  label?: string
  size?: ButtonSize
  /** Shows the label beside the icon. */
  withText?: boolean
}

export function CopyButton({ text, label = 'Copy', size = 'sm', withText }: CopyButtonProps) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  useEffect(() => {
    if (state === 'idle') return undefined
    const timer = setTimeout(() => setState('idle'), shownMs)
    return () => clearTimeout(timer)
  }, [state])
  const copy = async () => {
    const done = await copyText(typeof text === 'function' ? text() : text)
    setState(done ? 'copied' : 'failed')
  }
  const said = { idle: label, copied: 'Copied', failed: 'Copying was refused' }[state]
  const icon = state === 'copied' ? 'check' : 'copy'
  return (
    <>
      {withText ? (
        <Button size={size} icon={icon} onClick={() => void copy()}>
          {said}
        </Button>
      ) : (
        <IconButton icon={icon} label={said} size={size} onClick={() => void copy()} />
      )}
      <output className="sr-only">{state === 'idle' ? '' : said}</output>
    </>
  )
}
