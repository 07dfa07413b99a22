/** The `citrus` command. What it can do is in `program.ts`; here is only how it begins and ends. */
import { CommanderError } from 'commander';
import { CliFailure, EXIT, usageFailure, type Exit } from './failure.ts';
import { wordsOnInterrupt } from './output/meanwhile.ts';
import { printableLines } from './output/terminal.ts';
import { createProgram } from './program.ts';

const isJson = (): boolean => process.argv.includes('--json');

const tell = (failure: CliFailure): void => {
  const { message, advice, code, exit } = failure;
  process.stderr.write(isJson() ? `${JSON.stringify({ error: { code, message, advice, exit } })}\n` : `${printableLines(`citrus: ${message}\n        ${advice}`)}\n`);
};

/** A mistake of ours is shown whole: the stack is what makes it possible to mend it. */
const exitOf = (error: unknown): Exit => {
  // Commander has said what was wrong by then, but for programs.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    if (isJson()) tell(usageFailure(error.message.replace(/^error: /, ''), 'See --help.'));
    return EXIT.usage;
  }
  if (error instanceof CliFailure) {
    tell(error);
    return error.exit;
  }
  process.stderr.write(`${printableLines(`citrus: this is a bug in citrus\n${error instanceof Error ? error.stack : String(error)}`)}\n`);
  return EXIT.failed;
};

/** Whoever reads us may stop, as `head` does; that is no fault of anybody. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed));
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    const words = wordsOnInterrupt();
    if (words !== undefined) process.stderr.write(`\n${printableLines(`citrus: ${words}`)}\n`);
    process.exit(EXIT.interrupted);
  });
}

try {
  const program = createProgram({ isSilent: isJson() });
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitOf(error);
}
