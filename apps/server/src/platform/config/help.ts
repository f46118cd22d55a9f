import { targets, variables } from './variables.ts'

/** The text of `--help`. */
export function helpText(): string {
  const entries = Object.entries(variables).map(([name, { about }]) => `  ${name.padEnd(28)} ${about}`)
  return [
    'Atrium: chat workspace, model gateway and console in one process.',
    '',
    'Usage: npm start -- [flags]',
    '',
    `  --target=NAME      what this process runs: ${targets.join(', ')}. Default all.`,
    '  --port=NUMBER      port to listen on, before PORT.',
    '  --print-config     print the settings that would apply, secrets hidden, and stop.',
    '  --help             print this and stop.',
    '',
    'Environment:',
    '',
    ...entries,
  ].join('\n')
}
