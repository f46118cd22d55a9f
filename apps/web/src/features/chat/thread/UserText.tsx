import { useState } from 'react'
import { Button } from '../../../ui/index.ts'

const FOLD_ABOVE = 3000

/** Plain text with its own line breaks; very long texts start folded. */
export function UserText({ text }: { text: string }) {
  const [open, setOpen] = useState(false)
  const isLong = text.length > FOLD_ABOVE
  return (
    <>
      <p className="text-prose whitespace-pre-wrap [overflow-wrap:anywhere]">
        {isLong && !open ? `${text.slice(0, FOLD_ABOVE / 2)}…` : text}
      </p>
      {isLong && (
        <Button
          size="sm"
          variant="quiet"
          className="self-start"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? 'Show less' : 'Show all'}
        </Button>
      )}
    </>
  )
}
