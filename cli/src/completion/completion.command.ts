/** What the shell offers when somebody presses Tab. */
import { Argument, Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const completionCommand = (): Command =>
  new Command('completion')
    .description('Prints what makes a shell complete citrus: commands, options, and names of servers, installers and projects.')
    .addArgument(new Argument('<shell>', 'which').choices(SHELLS))
    .addHelpText('after', `
Names are asked of the hub, within two seconds or not at all.

Examples:
  source <(citrus completion bash)                                             # now; in ~/.bashrc for good
  citrus completion zsh > "\${fpath[1]}/_citrus"
  citrus completion fish > ~/.config/fish/completions/citrus.fish`)
    .action(async (shell: Shell, _: object, command: Command) => {
      const { processTerminal } = await import('../output/terminal.ts');
      const { scriptFor } = await import('./scripts.ts');
      const options = command.optsWithGlobals<{ json?: true }>();
      const script = scriptFor(shell);
      await processTerminal().out(options.json ? JSON.stringify({ shell, script }) : script);
    });

/** Called by those scripts: the words so far, the last one unfinished. Not for people, so no list shows it. */
export const completeCommand = (root: () => Command): Command =>
  new Command('complete')
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const [{ processTerminal }, { offers }, { namesFromHub }] = await Promise.all([import('../output/terminal.ts'), import('./offers.ts'), import('./names.ts')]);
      for (const offer of await offers(root(), words, namesFromHub)) await processTerminal().out(offer);
    });
