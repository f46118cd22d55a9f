/** One reason not to start: which setting, what is wrong with it, and a value that would do. */
export interface Problem {
  /** A variable or a flag. */
  readonly setting: string
  /** Completes the sentence that begins with the setting. */
  readonly problem: string
  readonly example: string | null
}

/** Every reason not to start, at once. The message is written for the operator and holds no secret. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(['Atrium cannot start with these settings:', ...problems.map(line)].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

function line({ setting, problem, example }: Problem): string {
  return `  ${setting} ${problem}.${example === null ? '' : ` Example: ${example}`}`
}
