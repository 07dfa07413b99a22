/** How a run goes from server to server: the same options for one that begins now and for those of a schedule. */
import type { Command } from 'commander';
import { wholeNumber } from '../option-values.ts';

export type StrategyOptions = { readonly waves?: string; readonly atOnce?: string; readonly maxFailures?: string; readonly sample?: string; readonly seed?: number };

export const withStrategy = (command: Command): Command =>
  command
    .option('--waves <sizes>', 'how many servers have begun when each wave has: 1,25%,100%')
    .option('--at-once <number>', 'how many of a wave may be at work at once; 0 for all')
    .option('--max-failures <number>', 'how many may fail before the run waits for you: 0, 3 or 5%')
    .option('--sample <share>', 'only so many of the servers: 10% or 3')
    .option('--seed <number>', 'which ones: the same number chooses the same, and a larger part holds a smaller one', wholeNumber);
