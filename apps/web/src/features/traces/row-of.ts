/** The id of the row that was clicked: the grid as a whole takes clicks, as it takes keys. Null beside the rows. */
export function rowOf(target: EventTarget): string | null {
  return target instanceof Element
    ? (target.closest<HTMLElement>('[data-row]')?.dataset['row'] ?? null)
    : null
}
