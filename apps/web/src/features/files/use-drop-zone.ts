import { type DragEvent, useState } from 'react'

/** Takes dropped files; `dragging` while some are held above. */
export function useDropZone(onFiles: (files: Iterable<File>) => void) {
  const [dragging, setDragging] = useState(false)
  const over = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setDragging(true)
  }
  const leave = ({ currentTarget, relatedTarget }: DragEvent) => {
    if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setDragging(false)
  }
  const drop = (event: DragEvent) => {
    setDragging(false)
    if (event.dataTransfer.files.length === 0) return
    event.preventDefault()
    onFiles([...event.dataTransfer.files])
  }
  return { dragging, dropProps: { onDragEnter: over, onDragOver: over, onDragLeave: leave, onDrop: drop } }
}
