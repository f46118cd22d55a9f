/** A key with modifiers, such as `mod+shift+o`, `?` or `escape`. `mod` is ⌘ on a Mac and Ctrl elsewhere. */
export type Shortcut = string

const isMac = (): boolean => typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)

const macSymbols = new Map([
  ['mod', '⌘'],
  ['shift', '⇧'],
  ['alt', '⌥'],
  ['enter', '↵'],
  ['escape', 'Esc'],
])
const otherSymbols = new Map([
  ['mod', 'Ctrl'],
  ['shift', 'Shift'],
  ['alt', 'Alt'],
  ['enter', 'Enter'],
  ['escape', 'Esc'],
])
const arrows = new Map([
  ['arrowup', '↑'],
  ['arrowdown', '↓'],
  ['arrowleft', '←'],
  ['arrowright', '→'],
  ['backspace', '⌫'],
  ['delete', 'Del'],
])

/** The keys of a shortcut as they are printed on the keyboard. */
export function shortcutKeys(shortcut: Shortcut, mac: boolean = isMac()): string[] {
  const symbols = mac ? macSymbols : otherSymbols
  return shortcut.split('+').map((key) => symbols.get(key) ?? arrows.get(key) ?? key.toUpperCase())
}

export function shortcutLabel(shortcut: Shortcut): string {
  const mac = isMac()
  return shortcutKeys(shortcut, mac).join(mac ? '' : '+')
}

/** Whether a key press is this shortcut. */
export function matchesShortcut(event: KeyboardEvent, shortcut: Shortcut, mac: boolean = isMac()): boolean {
  const parts = shortcut.split('+')
  const key = parts.at(-1) ?? ''
  const has = (name: string) => parts.length > 1 && parts.slice(0, -1).includes(name)
  const mod = mac ? event.metaKey : event.ctrlKey
  const otherMod = mac ? event.ctrlKey : event.metaKey
  if (mod !== has('mod') || otherMod || event.altKey !== has('alt')) return false
  // Shift is part of typing a sign such as `?`, and only compared where it is named or the key is a letter.
  const letter = /^[a-z]$/.test(key) || key.length > 1
  if ((letter || has('shift')) && event.shiftKey !== has('shift')) return false
  return event.key.toLowerCase() === key || (has('shift') && withShift.get(key) === event.key)
}

/** What a key gives together with Shift on the keyboards where it is a key of its own. */
const withShift = new Map([[';', ':']])

/** Whether it is one printing key without a modifier: those can be turned off. */
export const isSingleKey = (shortcut: Shortcut): boolean => shortcut.length === 1

/** Whether a key press is text for the element it happens in. */
export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event
  return (
    event.isComposing ||
    (target instanceof HTMLElement &&
      (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)))
  )
}
