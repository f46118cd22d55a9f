export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** Each asks `atrium __complete` with the words so far; the last one is still being typed. */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `_atrium() {
  local IFS=$'\\n'
  COMPREPLY=($(atrium __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _atrium atrium
`,
  zsh: `#compdef atrium
_atrium() {
  local -a found
  found=("\${(@f)$(atrium __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[*]}" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
if [[ "\${funcstack[1]}" = _atrium ]]; then _atrium "$@"; else compdef _atrium atrium; fi
`,
  fish: `function __atrium_complete
  set -l words (commandline -opc) (commandline -ct)
  atrium __complete $words[2..-1] 2>/dev/null
end
complete -c atrium -f -a '(__atrium_complete)'
`,
}
