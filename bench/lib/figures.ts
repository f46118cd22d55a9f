/** What a figure must be. */
export type Target = { readonly atMost: number } | { readonly atLeast: number } | { readonly exactly: number }

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** Null for what is only shown. */
  readonly target: Target | null
  /** Correctness must hold everywhere; speed only where the machine is quiet. */
  readonly kind: 'correctness' | 'speed'
}

/** The figures of one bench, in the order in which they were measured. */
export class Figures {
  readonly #list: Figure[] = []

  /** What must hold on any machine: counts of losses, sizes of files. */
  correct(name: string, value: number, target: Target, unit = ''): void {
    this.#list.push({ name, value, unit, target, kind: 'correctness' })
  }

  /** A time, a ratio or a size, with its published target. */
  speed(name: string, value: number, unit: string, target: Target): void {
    this.#list.push({ name, value, unit, target, kind: 'speed' })
  }

  /** A figure without a target, to read the others by. */
  info(name: string, value: number, unit = ''): void {
    this.#list.push({ name, value, unit, target: null, kind: 'speed' })
  }

  /** @param quick leaves speed out of the judgement */
  passed(quick: boolean): boolean {
    return this.#list.every((figure) => (quick && figure.kind === 'speed') || isMet(figure) !== false)
  }

  toJSON(): readonly object[] {
    return this.#list.map((figure) => ({ ...figure, ok: isMet(figure) }))
  }

  table(): string {
    return tableOf(
      ['figure', 'measured', 'target', 'ok'],
      this.#list.map((figure) => [
        figure.name,
        withUnit(figure.value, figure.unit),
        targetText(figure),
        verdict(isMet(figure)),
      ]),
    )
  }
}

/** Null for a figure without a target; a figure that was not measured (NaN) is missed. */
function isMet({ value, target }: Figure): boolean | null {
  if (target === null) return null
  if ('atMost' in target) return value <= target.atMost
  if ('atLeast' in target) return value >= target.atLeast
  return value === target.exactly
}

function verdict(met: boolean | null): string {
  if (met === null) return ''
  return met ? 'yes' : 'NO'
}

function targetText({ target, unit }: Figure): string {
  if (target === null) return ''
  if ('atMost' in target) return `≤ ${withUnit(target.atMost, unit)}`
  if ('atLeast' in target) return `≥ ${withUnit(target.atLeast, unit)}`
  return withUnit(target.exactly, unit)
}

function withUnit(value: number, unit: string): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return unit === '' ? text : `${text} ${unit}`
}

function tableOf(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  )
  const lineOf = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell[column === 1 ? 'padStart' : 'padEnd'](widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [head, widths.map((width) => '-'.repeat(width)), ...lines].map(lineOf).join('\n')
}
