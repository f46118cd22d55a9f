import { OtlpFormatError, OtlpLimitError } from './errors.ts'

/** How much one body may hold, so that a small hostile body cannot become a large heap. */
export interface OtlpLimits {
  /** Spans, log records or points of metrics. */
  readonly maxRecords: number
  /** Messages of any kind; an attribute is two: the pair and its value. */
  readonly maxMessages: number
}

export const defaultLimits: OtlpLimits = { maxRecords: 100_000, maxMessages: 2_000_000 }

/** Levels of arrays and maps in a value of an attribute. */
const maxValueDepth = 16

/** Where a decoder stands in a body and what it has met so far. It lives as long as one body is read. */
export class Progress {
  private readonly limits: OtlpLimits
  private readonly names: string[] = []
  private readonly indexes: number[] = []
  private depth = 0
  private valueDepth = 0
  private records = 0
  private messages = 0

  constructor(limits: Partial<OtlpLimits> = {}) {
    this.limits = { ...defaultLimits, ...limits }
  }

  /** Goes into a field; `index` is -1 for one that does not repeat. */
  enter(name: string, index: number): void {
    this.names[this.depth] = name
    this.indexes[this.depth] = index
    this.depth++
  }

  leave(): void {
    this.depth--
  }

  enterValue(): void {
    this.valueDepth++
    if (this.valueDepth > maxValueDepth) this.fail(`is nested more than ${maxValueDepth} levels deep`)
  }

  leaveValue(): void {
    this.valueDepth--
  }

  countMessage(): void {
    this.messages++
    if (this.messages > this.limits.maxMessages) throw this.tooMany(this.limits.maxMessages, 'messages')
  }

  countRecord(): void {
    this.records++
    if (this.records > this.limits.maxRecords) throw this.tooMany(this.limits.maxRecords, 'records')
  }

  /** Refuses the field that is being read. */
  fail(problem: string, cause?: unknown): never {
    throw new OtlpFormatError(`${this.path() || 'body'}: ${problem}`, { cause })
  }

  private tooMany(limit: number, things: string): OtlpLimitError {
    return new OtlpLimitError(`the body holds more than ${limit} ${things}; send them in smaller batches`)
  }

  private path(): string {
    const steps = this.names.slice(0, this.depth).map((name, level) => {
      const index = this.indexes[level] ?? -1
      return index < 0 ? name : `${name}[${index}]`
    })
    return steps.join('.')
  }
}
