/** How a job ran: its exact script, its variables, and each attempt. Secrets come without their values and stay so. */
import { JobDetails, type Job, type JobAttempt, type JobVariable } from '@citrus/contracts';
import { CliFailure, EXIT } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { printable } from '../output/terminal.ts';
import type { Stage } from './follow-log.ts';
import type { ShowOptions } from './job.command.ts';

const detailsOf = ({ api }: Stage, { id }: Job): Promise<JobDetails> => api.json({ path: `/api/jobs/${id}/details` }, JobDetails);

/** Tabs belong to a script; other control characters would steer the terminal. */
const scriptLine = (line: string): string => line.split('\t').map(printable).join('\t');

/** @throws CliFailure when that version of the installer is not kept any more */
export const printScript = async (stage: Stage, job: Job, { json }: ShowOptions): Promise<void> => {
  const { script, installer, installerVersion, action } = await detailsOf(stage, job);
  if (!script) throw new CliFailure(`the script "${action}" of ${installer} ${installerVersion} is not kept any more`, { exit: EXIT.failed, code: 'job.script_unknown', advice: `See what is known: citrus jobs show ${job.id} --details` });
  if (json) return stage.terminal.out(JSON.stringify(script));
  await stage.terminal.out(script.text.replace(/\n$/, '').split('\n').map(scriptLine).join('\n'));
  if (!script.isWhole) stage.terminal.note(`This is only the beginning of ${script.path}; the bundle of ${installer} ${installerVersion} has all of it.`);
};

const valueOf = ({ value, by }: JobVariable): string => (by === 'secret' ? '(secret)' : (value ?? '(known to the server only)'));
const FROM: Readonly<Record<JobVariable['by'], string>> = { input: 'input', secret: 'secret input', agent: 'agent' };
const secondsOf = (instant: string | null): string => (instant === null ? '-' : `${instant.slice(0, 19).replace('T', ' ')} UTC`);
const endOf = ({ outcome, exitCode, signal }: JobAttempt): string => [outcome?.replace('_', ' ') ?? 'under way', exitCode !== null && `exit ${exitCode}`, signal].filter(Boolean).join(', ');
const whyOf = ({ reason, retryAt }: JobAttempt): string => [reason, retryAt && `tried again ${secondsOf(retryAt)}`].filter(Boolean).join('; ');

export const printDetails = async (stage: Stage, job: Job, { json }: ShowOptions): Promise<void> => {
  const { terminal } = stage;
  const details = await detailsOf(stage, job);
  if (json) return terminal.out(JSON.stringify(details));
  const { script, attempts, variables, files } = details;
  const facts = [['time limit', `${details.timeoutSeconds} s`], ['installer', details.installerDigest], ['script', script ? `${script.path} ${script.digest}` : 'not kept any more'], ['led to by', details.correlationId]];
  for (const [name = '', value = ''] of facts) await terminal.out(`${name.padEnd(12)}${printable(value)}`);
  const tables = [
    tableOf(['ATTEMPT', 'SENT', 'BEGUN', 'ENDED', 'OUTCOME', 'WHY'], attempts.map((each) => [String(each.attempt), secondsOf(each.dispatchedAt), secondsOf(each.startedAt), secondsOf(each.endedAt), endOf(each), whyOf(each)]), terminal),
    tableOf(['VARIABLE', 'FROM', 'VALUE'], variables.map((variable) => [variable.name, FROM[variable.by], valueOf(variable)]), terminal),
    tableOf(['FILE', 'BYTES'], files.map(({ path, bytes }) => [path, String(bytes)]), terminal),
  ];
  for (const table of tables) await terminal.out(`\n${table}`);
};
