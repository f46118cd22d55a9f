import type { LanguageInput } from 'shiki/core'

type Load = () => LanguageInput

const loaders = new Map<string, Load>([
  ['bash', () => import('@shikijs/langs/bash')],
  ['c', () => import('@shikijs/langs/c')],
  ['cpp', () => import('@shikijs/langs/cpp')],
  ['csharp', () => import('@shikijs/langs/csharp')],
  ['css', () => import('@shikijs/langs/css')],
  ['dart', () => import('@shikijs/langs/dart')],
  ['diff', () => import('@shikijs/langs/diff')],
  ['docker', () => import('@shikijs/langs/docker')],
  ['elixir', () => import('@shikijs/langs/elixir')],
  ['go', () => import('@shikijs/langs/go')],
  ['graphql', () => import('@shikijs/langs/graphql')],
  ['haskell', () => import('@shikijs/langs/haskell')],
  ['html', () => import('@shikijs/langs/html')],
  ['ini', () => import('@shikijs/langs/ini')],
  ['java', () => import('@shikijs/langs/java')],
  ['javascript', () => import('@shikijs/langs/javascript')],
  ['json', () => import('@shikijs/langs/json')],
  ['jsx', () => import('@shikijs/langs/jsx')],
  ['julia', () => import('@shikijs/langs/julia')],
  ['kotlin', () => import('@shikijs/langs/kotlin')],
  ['latex', () => import('@shikijs/langs/latex')],
  ['lua', () => import('@shikijs/langs/lua')],
  ['makefile', () => import('@shikijs/langs/makefile')],
  ['markdown', () => import('@shikijs/langs/markdown')],
  ['nginx', () => import('@shikijs/langs/nginx')],
  ['php', () => import('@shikijs/langs/php')],
  ['powershell', () => import('@shikijs/langs/powershell')],
  ['python', () => import('@shikijs/langs/python')],
  ['r', () => import('@shikijs/langs/r')],
  ['ruby', () => import('@shikijs/langs/ruby')],
  ['rust', () => import('@shikijs/langs/rust')],
  ['scala', () => import('@shikijs/langs/scala')],
  ['scss', () => import('@shikijs/langs/scss')],
  ['sql', () => import('@shikijs/langs/sql')],
  ['swift', () => import('@shikijs/langs/swift')],
  ['terraform', () => import('@shikijs/langs/terraform')],
  ['toml', () => import('@shikijs/langs/toml')],
  ['tsx', () => import('@shikijs/langs/tsx')],
  ['typescript', () => import('@shikijs/langs/typescript')],
  ['vue', () => import('@shikijs/langs/vue')],
  ['xml', () => import('@shikijs/langs/xml')],
  ['yaml', () => import('@shikijs/langs/yaml')],
  ['zig', () => import('@shikijs/langs/zig')],
])

const aliases = new Map<string, string>([
  ['sh', 'bash'],
  ['shell', 'bash'],
  ['zsh', 'bash'],
  ['console', 'bash'],
  ['c++', 'cpp'],
  ['cs', 'csharp'],
  ['c#', 'csharp'],
  ['dockerfile', 'docker'],
  ['golang', 'go'],
  ['hs', 'haskell'],
  ['js', 'javascript'],
  ['mjs', 'javascript'],
  ['jsonc', 'json'],
  ['json5', 'json'],
  ['kt', 'kotlin'],
  ['tex', 'latex'],
  ['make', 'makefile'],
  ['md', 'markdown'],
  ['ps1', 'powershell'],
  ['py', 'python'],
  ['rb', 'ruby'],
  ['rs', 'rust'],
  ['sass', 'scss'],
  ['postgresql', 'sql'],
  ['tf', 'terraform'],
  ['hcl', 'terraform'],
  ['ts', 'typescript'],
  ['svg', 'xml'],
  ['yml', 'yaml'],
])

/** The grammar that a fence's first word asks for. */
export function languageOf(name: string): { id: string; load: Load } | null {
  const lower = name.toLowerCase()
  const id = aliases.get(lower) ?? lower
  const load = loaders.get(id)
  return load ? { id, load } : null
}
