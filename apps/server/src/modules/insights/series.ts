import {
  addSums,
  noSums,
  partsOf,
  type SpanKind,
  type Sums,
  type UsagePiece,
  type UsageQuestion,
} from '#modules/traces'
import type { Traces } from '#modules/traces'
import type { Tx } from '#platform/db'
import { startsOf, type Asked } from './questions.ts'
import type { Unit } from '#modules/traces'

/** A series to be read. */
export interface SeriesWanted<F> {
  readonly workspaceId: string
  readonly asked: Asked
  readonly unit: Unit
  readonly top: number
  readonly compares: boolean
  /** Null for spans of any kind. */
  readonly kind: SpanKind | null
  readonly withTimes: boolean
  /** By what members are the first. */
  readonly most: 'spans' | 'cost_nano_usd'
  readonly figuresOf: (sums: Sums) => F
}

interface Point<F> {
  readonly start: string
  readonly figures: F
}

interface Group<F> {
  readonly member: string | null
  readonly isOther: boolean
  readonly totals: F
  readonly previous: F | null
  readonly points: Point<F>[]
}

export interface Series<F> {
  readonly totals: F
  readonly previous: F | null
  readonly points: Point<F>[]
  readonly groups: Group<F>[]
}

/** Reads a series: its points, the sums of them, and the same for the first members of a dimension and all others. */
export async function readSeries<F>(
  tx: Tx,
  usage: Traces['usage'],
  wanted: SeriesWanted<F>,
): Promise<Series<F>> {
  const { asked, unit, compares, withTimes } = wanted
  const members = await membersOf(tx, usage, wanted)
  const [pieces, before] = await Promise.all([
    usage.read(tx, questionOf(wanted, asked.range, unit), { unit, members, withTimes }),
    compares
      ? usage.read(tx, questionOf(wanted, asked.before, 'day'), { unit: null, members, withTimes })
      : null,
  ])
  const starts = startsOf(asked.range, unit)
  const shown = (some: readonly UsagePiece[], earlier: readonly UsagePiece[] | null) => ({
    totals: wanted.figuresOf(sumOf(some)),
    previous: earlier && wanted.figuresOf(sumOf(earlier)),
    points: pointsOf(some, starts, wanted.figuresOf),
  })
  return { ...shown(pieces, before), groups: groupsOf(members?.named ?? null, pieces, before, shown) }
}

async function membersOf<F>(tx: Tx, usage: Traces['usage'], wanted: SeriesWanted<F>) {
  const { by, range } = wanted.asked
  if (by === null) return null
  const question = questionOf(wanted, range, 'day')
  return { by, named: await usage.rank(tx, question, by, wanted.most, wanted.top) }
}

function questionOf<F>(
  { workspaceId, asked: { ofUsers, filters }, kind }: SeriesWanted<F>,
  range: Asked['range'],
  coarsest: Unit,
): UsageQuestion {
  return { workspaceId, parts: partsOf(range, coarsest), ofUsers, filters, kind }
}

function pointsOf<F>(
  pieces: readonly UsagePiece[],
  starts: readonly number[],
  figuresOf: (sums: Sums) => F,
): Point<F>[] {
  const byStart = Map.groupBy(pieces, ({ start }) => start)
  return starts.map((start) => ({
    start: new Date(start).toISOString(),
    figures: figuresOf(sumOf(byStart.get(start) ?? [])),
  }))
}

function sumOf(pieces: readonly UsagePiece[]): Sums {
  const sums = noSums()
  for (const piece of pieces) addSums(sums, piece.sums)
  return sums
}

type Shown<F> = (
  pieces: readonly UsagePiece[],
  before: readonly UsagePiece[] | null,
) => Omit<Group<F>, 'member' | 'isOther'>

/** In the order of the members; all others last, when there are any. */
function groupsOf<F>(
  named: readonly (string | null)[] | null,
  pieces: readonly UsagePiece[],
  before: readonly UsagePiece[] | null,
  shown: Shown<F>,
): Group<F>[] {
  if (named === null) return []
  const of = (some: readonly UsagePiece[] | null, member: string | null, isOther: boolean) =>
    some && some.filter((piece) => piece.isOther === isOther && piece.member === member)
  const group = (member: string | null, isOther: boolean): Group<F> => ({
    member,
    isOther,
    ...shown(of(pieces, member, isOther) ?? [], of(before, member, isOther)),
  })
  const hasOthers = [...pieces, ...(before ?? [])].some(({ isOther }) => isOther)
  return [...named.map((member) => group(member, false)), ...(hasOthers ? [group(null, true)] : [])]
}
