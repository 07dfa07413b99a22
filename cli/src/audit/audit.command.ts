/** Who did what, and what was refused. */
import { Command, Option } from 'commander';
import { instant, TIMES, wholeNumber } from '../history/filter.command.ts';

export type AuditOptions = {
  readonly actor?: string;
  readonly action?: string;
  readonly outcome?: 'allowed' | 'refused' | 'failed';
  readonly from?: string;
  readonly until?: string;
  readonly installation?: true;
  readonly limit: number;
  readonly json?: true;
};

export const auditCommand = (): Command =>
  new Command('audit')
    .description('Who did what, from where, and what was refused; the newest first. For admins of the project.')
    .option('--actor <id>', 'only this person or agent')
    .option('--action <name>', 'only actions that begin so: "POST /api/servers", session.')
    .addOption(new Option('--outcome <outcome>', 'only what ended so').choices(['allowed', 'refused', 'failed']))
    .option('--from <time>', 'only entries of this time and later', instant)
    .option('--until <time>', 'only entries before this time', instant)
    .option('--installation', 'of all projects, of sign-ins, strangers and agents; for administrators')
    .option('-n, --limit <count>', 'at most this many', wholeNumber(1_000_000), 50)
    .addHelpText('after', `${TIMES}

The same refusal again and again is one entry with a count; it is shown when its minute is over. Of strangers only the
network is kept. --json gives an entry a line, with the ids and the correlation id.

Examples:
  citrus audit --outcome refused --from -1d
  citrus audit --actor 0198c0de-0000-7000-8000-0000000000b1
  citrus audit --installation --action session.login --outcome refused`)
    .action(async (_: AuditOptions, command: Command) => (await import('./audit.ts')).showAudit(command.optsWithGlobals()));
