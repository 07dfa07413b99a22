import { openApi, type Api } from '../api/api.ts';
import { parseReply } from '../api/http.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { startProgress } from '../output/progress.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal } from '../output/terminal.ts';
import { VerifyLine, type VerifyResult } from './replies.ts';
import type { VerifyOptions } from './verify.command.ts';

const PATH = '/api/history/verify';
const SHOWN_HASH = 16;

const broken = (why: string): CliFailure => new CliFailure(`the verification broke off: ${why}`, { exit: EXIT.unavailable, code: 'verify.broken', advice: 'Run it again; nothing is proved until it ends by itself.' });

/** All logs, or an error: half a proof is none. */
const readResults = async (api: Api, { service }: VerifyOptions): Promise<VerifyResult[]> => {
  const progress = startProgress('verifying');
  const results: VerifyResult[] = [];
  try {
    for await (const text of api.lines({ path: PATH, query: { service }, isTriedOnce: true })) {
      const line = parseReply(VerifyLine, text, PATH);
      if ('problem' in line) throw broken(line.problem.detail);
      if ('result' in line) results.push(line.result);
      else progress.at(line.progress.position, line.progress.head, line.progress.service);
    }
  } finally {
    progress.end();
  }
  if (results.length === 0 || (service !== undefined && results[0]?.service !== service)) throw broken('it ended without a result');
  return results;
};

/** @throws CliFailure with exit code 5, after the results were told */
export const verify = async (options: VerifyOptions): Promise<void> => {
  const terminal = processTerminal();
  const results = await readResults(openApi(), options);
  const problems = results.flatMap(({ service, problems }) => problems.map((problem) => ({ service, ...problem })));
  if (options.json) await terminal.out(JSON.stringify({ ok: problems.length === 0, results }));
  else {
    const rows = results.map(({ service, ok, position, hash, seals }) => [service, ok ? 'good' : 'NOT GOOD', String(position), hash.slice(0, SHOWN_HASH), String(seals.lastSigned), String(seals.checked)]);
    await terminal.out(tableOf(['LOG', 'RESULT', 'EVENTS', 'HASH', 'SIGNED UP TO', 'SEALS'], rows, terminal));
    if (problems.length > 0) await terminal.out(`\n${tableOf(['PLACE', 'KIND', 'WHAT'], problems.map(({ service, position, kind, message }) => [`${service}:${position}`, kind, message]), terminal)}`);
  }
  const [first] = problems;
  if (first) {
    throw new CliFailure(`the log of ${first.service} is not what was written, first at ${first.service}:${first.position}: ${first.message}`, {
      exit: EXIT.found, code: 'log.changed', advice: 'Stop writing, keep the database and its backups as they are, and compare them: docs/operations.md',
    });
  }
};
