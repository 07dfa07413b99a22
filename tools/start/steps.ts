/** One line of progress a step: what is being done, and how long it took. */
import { StartFailure } from './failure.ts';

const isTerminal = process.stdout.isTTY;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const clear = isTerminal ? '\r\u001b[2K' : '';

/** Something that happened meanwhile. */
export const note = (text: string): void => {
  process.stdout.write(`${clear}  ! ${text}\n`);
};

/** Runs one step under its name; the work may return words to show beside it. */
export const step = async <T>(name: string, work: () => Promise<T>, describe: (result: T) => string = () => ''): Promise<T> => {
  const startedAt = performance.now();
  if (isTerminal) process.stdout.write(`  … ${name}`);
  const line = (mark: string, text: string) => process.stdout.write(`${clear}  ${mark} ${text}\n`);
  try {
    const result = await work();
    const words = describe(result);
    line('✓', `${name}${words ? `: ${words}` : ''} (${seconds(performance.now() - startedAt)})`);
    return result;
  } catch (error) {
    line('✗', name);
    throw error;
  }
};

export const explain = (error: unknown): void => {
  if (error instanceof StartFailure) process.stderr.write(`\n  ${error.message}\n  What to do: ${error.whatToDo}\n\n`);
  else process.stderr.write(`\n  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n  This is a fault of Citrus's own. \`npm start -- --fresh\` begins anew and deletes all state.\n\n`);
};
