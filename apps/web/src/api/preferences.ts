import { useSyncExternalStore } from 'react'

/** What this browser remembers. Everything here may be lost without harm. */
export interface Preferences {
  theme: 'light' | 'dark' | 'system'
  density: 'comfortable' | 'compact'
  singleKeyShortcuts: boolean
  sidebarOpen: boolean
  workspaceId: string | null
  checklistHidden: boolean
}

const defaults: Preferences = {
  theme: 'system',
  density: 'comfortable',
  singleKeyShortcuts: true,
  sidebarOpen: true,
  workspaceId: null,
  checklistHidden: false,
}

const changed = 'atrium-preference'
const storageKey = (name: string) => `atrium.${name}`

export function readPreference<N extends keyof Preferences>(name: N): Preferences[N] {
  return readStored<Preferences[N]>(name) ?? defaults[name]
}

export function writePreference<N extends keyof Preferences>(name: N, value: Preferences[N]): void {
  writeStored(name, value)
  dispatchEvent(new Event(changed))
  applyAppearance()
}

/** A preference and its setter; follows changes made in other tabs. */
export function usePreference<N extends keyof Preferences>(
  name: N,
): [Preferences[N], (value: Preferences[N]) => void] {
  const value = useSyncExternalStore(subscribe, () => readPreference(name))
  return [value, (next) => writePreference(name, next)]
}

/** Puts theme and density on the document, as `/theme.js` does before the first paint. */
function applyAppearance(): void {
  const root = document.documentElement
  const theme = readPreference('theme')
  const dark = theme === 'dark' || (theme === 'system' && prefersDark().matches)
  root.dataset.theme = dark ? 'dark' : 'light'
  root.dataset.density = readPreference('density')
  const color = document.querySelector<HTMLMetaElement>('meta[name="theme-color"]')
  if (color) color.content = dark ? '#0f1215' : '#faf9f7'
}

/** Keeps theme and density in step with the system and with other tabs. */
export function followAppearance(): () => void {
  applyAppearance()
  const query = prefersDark()
  query.addEventListener('change', applyAppearance)
  addEventListener('storage', applyAppearance)
  return () => {
    query.removeEventListener('change', applyAppearance)
    removeEventListener('storage', applyAppearance)
  }
}

/**
 * Reads what `writeStored` wrote by the same name; null when there is none or storage is blocked. The caller
 * names the type that it writes there.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- stored JSON has no type: only the caller knows it
export function readStored<T>(name: string): T | null {
  try {
    const value: T | null = JSON.parse(localStorage.getItem(storageKey(name)) ?? 'null')
    return value
  } catch {
    return null
  }
}

export function writeStored(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(storageKey(name))
    else localStorage.setItem(storageKey(name), JSON.stringify(value))
  } catch {
    // Private windows may refuse storage: the choice then lasts as long as the page.
  }
}

const prefersDark = () => matchMedia('(prefers-color-scheme: dark)')

function subscribe(listener: () => void): () => void {
  addEventListener(changed, listener)
  addEventListener('storage', listener)
  return () => {
    removeEventListener(changed, listener)
    removeEventListener('storage', listener)
  }
}
