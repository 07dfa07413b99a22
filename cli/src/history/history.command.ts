/** The history: everything that ever happened, for people who want to know. */
import { Command } from 'commander';
import { grepCommand } from './grep.command.ts';
import { showCommand } from './show.command.ts';
import { tailCommand } from './tail.command.ts';

export const historyCommand = (): Command => {
  const history = new Command('history').description('What happened, how things stood at any time, and why').addHelpText('after', `
Examples:
  citrus history tail -f
  citrus history show server/web-1
  citrus history state servers --at "yesterday 12:00"

docs/history.md answers five real questions with these commands.`);
  for (const command of [showCommand(), tailCommand(), grepCommand()]) history.addCommand(command);
  return history;
};
