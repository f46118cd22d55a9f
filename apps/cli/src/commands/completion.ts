import { Argument, type Command } from 'commander'
import { scripts, type Shell, shells } from '../completion/scripts.ts'

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .addHelpText(
      'after',
      [
        '\nTo use it in every new shell:',
        "  bash  echo 'source <(atrium completion bash)' >> ~/.bashrc",
        "  zsh   echo 'source <(atrium completion zsh)' >> ~/.zshrc",
        '  fish  atrium completion fish > ~/.config/fish/completions/atrium.fish\n',
      ].join('\n'),
    )
    // Commander has checked the choice.
    .action((shell: Shell) => void process.stdout.write(scripts[shell]))
}
