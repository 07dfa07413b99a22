/** The history: everything that ever happened, for people who want to know. */
import { Command } from 'commander';
import { diffCommand } from './diff.command.ts';
import { exportCommand } from './export.command.ts';
import { grepCommand } from './grep.command.ts';
import { projectionsCommand, rebuildCommand } from './projection.command.ts';
import { showCommand } from './show.command.ts';
import { sqlCommand } from './sql.command.ts';
import { stateCommand } from './state.command.ts';
import { tailCommand } from './tail.command.ts';
import { verifyCommand } from './verify.command.ts';
import { whyCommand } from './why.command.ts';

const commands = (): Command[] => [
  showCommand(), tailCommand(), grepCommand(), stateCommand(), diffCommand(), whyCommand(), exportCommand(), sqlCommand(), verifyCommand(), rebuildCommand(), projectionsCommand(),
];

export const historyCommand = (): Command => {
  const history = new Command('history').description('What happened, how things stood at any time, and why').addHelpText('after', `
Examples:
  citrus history tail -f
  citrus history show server/web-1
  citrus history state servers --at "yesterday 12:00"

docs/history.md answers five real questions with these commands.`);
  for (const command of commands()) history.addCommand(command);
  return history;
};
