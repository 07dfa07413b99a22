/** docs/reference/cli.md, made from the commands themselves. */
import type { Command } from 'commander';
import { EXIT_MEANINGS } from './failure.ts';

const INTRODUCTION = `# The \`citrus\` command

Made from the commands themselves (\`CITRUS_WRITE_DOCS=1 npx vitest run --project unit cli/src/reference.spec.ts\`); \`citrus <command> --help\`
says the same, with examples. Every command takes \`--json\` (one document, or a line each for events and audit entries; errors
too, on stderr as \`{"error":{"code","message","advice","exit"}}\`) and \`--quiet\` (no progress, no remarks). Results go to stdout, everything
else to stderr. Colours and bars appear in a terminal only; \`NO_COLOR\` turns colours off. Where nobody can be asked, what cannot be
taken back needs \`--yes\`.

Ctrl-C ends the waiting, never the work: the command says what goes on and how to end it (\`citrus jobs cancel\`, \`citrus runs abort\`, …).

Who you are: \`CITRUS_TOKEN\` with \`CITRUS_URL\`; else \`CITRUS_HOME\`'s \`credentials.json\` if it is set; else \`citrus login\`; else the
\`.citrus\` of this checkout. \`CITRUS_PROJECT\` wins over \`citrus projects use\`.
`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const pathOf = (command: Command): string => (command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name());

const usageOf = (command: Command): string =>
  [pathOf(command), ...command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}${argument.variadic ? '...' : ''}>` : `[${argument.name()}${argument.variadic ? '...' : ''}]`))].join(' ');

const presetOf = (preset: unknown): string => (preset === undefined || preset === false || preset === true || (Array.isArray(preset) && preset.length === 0) ? '' : ` (${typeof preset === 'string' ? preset : JSON.stringify(preset)})`);

const sectionOf = (command: Command): string[] => {
  // The time zone of whoever writes the page is not everybody's.
  const options = command.options.map(({ flags, description, defaultValue, argChoices }) => `| \`${cell(flags)}\` | ${cell(description)}${argChoices ? `: ${argChoices.join(', ')}` : ''}${flags.startsWith('--time-zone') && defaultValue !== undefined ? ' (yours)' : presetOf(defaultValue)} |`);
  const named = command.registeredArguments.filter(({ description }) => description !== '').map((argument) => `| \`${argument.name()}\` | ${cell(argument.description)} |`);
  const rows = [...named, ...options];
  return [`### \`${usageOf(command)}\``, '', command.description(), '', ...(rows.length > 0 ? ['| | |', '|---|---|', ...rows, ''] : [])];
};

const runs = (command: Command): boolean => command.commands.length === 0 || (command as unknown as { _actionHandler: unknown })._actionHandler !== null;

const below = (command: Command): string[] => [
  ...(runs(command) ? sectionOf(command) : []),
  ...command.commands.filter((child) => child.name() !== 'complete').flatMap(below),
];

export const referenceOf = (program: Command): string => [
  INTRODUCTION, '## Exit codes', '', '```', EXIT_MEANINGS, '```', '',
  ...program.commands.filter((command) => command.name() !== 'complete').flatMap((command) => [`## ${command.name()}`, '', ...(runs(command) ? [] : [command.description(), '']), ...below(command)]),
].join('\n').trimEnd().concat('\n');
