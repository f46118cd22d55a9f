/** The open modal dialogs, the topmost last: what must stay reachable above them is drawn inside the topmost. */
const stack: HTMLDialogElement[] = []
const listeners = new Set<() => void>()

const tell = () => {
  for (const listener of listeners) listener()
}

/** Notes an open dialog; returns how to take it off again. */
export function pushDialog(dialog: HTMLDialogElement): () => void {
  stack.push(dialog)
  tell()
  return () => {
    stack.splice(stack.indexOf(dialog), 1)
    tell()
  }
}

export const topDialog = (): HTMLDialogElement | null => stack.at(-1) ?? null

export function subscribeDialogs(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
