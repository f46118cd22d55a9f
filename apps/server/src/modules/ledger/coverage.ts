import { type BudgetEntry, newEntry } from './slices.ts'
import type { Payer } from './types.ts'
import type { BudgetRow } from './views.ts'

/** The budgets of one workspace, by what they cover. */
interface WorkspaceBudgets {
  readonly everyone: readonly BudgetEntry[]
  readonly byScope: {
    readonly person: ReadonlyMap<string, readonly BudgetEntry[]>
    readonly key: ReadonlyMap<string, readonly BudgetEntry[]>
    readonly team: ReadonlyMap<string, readonly BudgetEntry[]>
  }
  readonly isOnlyEveryone: boolean
}

const mostWorkspaces = 5000

/** Which budgets cover whom, kept in memory until somebody changes them. */
export class Coverage {
  readonly #read: (workspaceId: string) => Promise<readonly BudgetRow[]>
  readonly #workspaces = new Map<string, WorkspaceBudgets>()
  readonly #entries = new Map<string, BudgetEntry>()
  /** Counts what has been forgotten, so that rows read before are not taken for new. */
  #generation = 0

  constructor(read: (workspaceId: string) => Promise<readonly BudgetRow[]>) {
    this.#read = read
  }

  /** The budgets that cover a payer; undefined while they are not known here. */
  find({ workspaceId, personId, keyId, teamIds }: Payer): readonly BudgetEntry[] | undefined {
    const known = this.#workspaces.get(workspaceId)
    if (known === undefined || known.isOnlyEveryone) return known?.everyone
    const { person, key, team } = known.byScope
    const found = [...known.everyone, ...(person.get(personId) ?? [])]
    if (keyId !== null) found.push(...(key.get(keyId) ?? []))
    for (const teamId of teamIds) found.push(...(team.get(teamId) ?? []))
    return found
  }

  async load(payer: Payer): Promise<readonly BudgetEntry[]> {
    for (;;) {
      const found = this.find(payer)
      if (found) return found
      const generation = this.#generation
      const rows = await this.#read(payer.workspaceId)
      if (generation === this.#generation) this.#keep(payer.workspaceId, rows)
    }
  }

  /** A budget of which this process may hold a slice. */
  entry(budgetId: string): BudgetEntry | undefined {
    return this.#entries.get(budgetId)
  }

  /** The budgets of a workspace have changed; of all workspaces unless one is given. */
  forget(workspaceId?: string): void {
    this.#generation += 1
    for (const entry of this.#entries.values()) {
      if (workspaceId === undefined || entry.row.workspaceId === workspaceId) entry.exhausted = undefined
    }
    if (workspaceId === undefined) this.#workspaces.clear()
    else this.#workspaces.delete(workspaceId)
  }

  #keep(workspaceId: string, rows: readonly BudgetRow[]): void {
    if (this.#workspaces.size >= mostWorkspaces) this.#makeRoom()
    const entries = rows.map((row) => this.#entryOf(row))
    const of = (scope: BudgetRow['scope']): BudgetEntry[] => entries.filter(({ row }) => row.scope === scope)
    const by = (scope: BudgetRow['scope']) => Map.groupBy(of(scope), ({ row }) => row.scopeId ?? '')
    const everyone = of('workspace')
    this.#workspaces.set(workspaceId, {
      everyone,
      byScope: { person: by('person'), key: by('key'), team: by('team') },
      isOnlyEveryone: everyone.length === entries.length,
    })
    const kept = new Set(rows.map(({ id }) => id))
    for (const [id, { row, slice }] of this.#entries) {
      if (row.workspaceId === workspaceId && !kept.has(id) && !slice) this.#entries.delete(id)
    }
  }

  #entryOf(row: BudgetRow): BudgetEntry {
    const known = this.#entries.get(row.id)
    if (known) {
      known.row = row
      return known
    }
    const entry = newEntry(row)
    this.#entries.set(row.id, entry)
    return entry
  }

  /** Those that were asked for first go; their next call reads them again. */
  #makeRoom(): void {
    const [oldest] = this.#workspaces.keys()
    if (oldest === undefined) return
    this.#workspaces.delete(oldest)
    for (const [id, { row, slice }] of this.#entries) {
      if (row.workspaceId === oldest && !slice) this.#entries.delete(id)
    }
  }
}
