/** Asks before something that cannot be taken back. A script says `--yes`: nobody is there to answer. */
import { confirm } from '@clack/prompts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { printable, type Terminal } from './terminal.ts';

/** @throws CliFailure unless it is meant */
export const confirmed = async (terminal: Terminal, question: string, isSaid: true | undefined): Promise<void> => {
  if (isSaid) return;
  if (!terminal.isInteractive) throw usageFailure('this cannot be taken back, and there is nobody to ask', 'If it is meant, say --yes.');
  const answer = await confirm({ message: printable(question), initialValue: false, output: process.stderr });
  if (answer !== true) throw new CliFailure('stopped', { exit: EXIT.interrupted, code: 'interrupted', advice: 'Nothing was changed.' });
};
