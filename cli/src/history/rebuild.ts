import { ProjectionVerification } from '@citrus/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { startProgress } from '../output/progress.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal } from '../output/terminal.ts';
import type { RebuildOptions } from './projection.command.ts';
import { act, parseNamed, readProjections, shownName, type Named } from './projections.ts';

const ASK_EVERY_MS = 300;

type Outcome = { readonly projection: string; readonly rows: number | null; readonly different: number | null; readonly isSwitched: boolean; readonly differences: z.infer<typeof ProjectionVerification>['differences'] };

const untilBuilt = async (api: Api, named: Named): Promise<void> => {
  const progress = startProgress(`building ${shownName(named)}`);
  try {
    for (;;) {
      const found = (await readProjections(api)).find(({ service, name }) => service === named.service && name === named.name);
      const next = found?.next;
      if (!next) throw new CliFailure(`the new rows of ${shownName(named)} are gone`, { exit: EXIT.failed, code: 'rebuild.gone', advice: 'Somebody switched or began anew meanwhile; look with citrus history projections.' });
      if (next.error !== undefined) throw new CliFailure(`${shownName(named)} cannot be built: ${next.error}`, { exit: EXIT.failed, code: 'rebuild.stuck', advice: 'Mend the cause; the rows in use are as they were.' });
      if (next.state === 'following') return;
      progress.at(next.position, found.head);
      await pause(ASK_EVERY_MS);
    }
  } finally {
    progress.end();
  }
};

const rebuildOne = async (api: Api, named: Named, options: RebuildOptions): Promise<Outcome> => {
  await act(api, named, 'rebuild');
  await untilBuilt(api, named);
  const compared = options.verify ? await api.json({ method: 'POST', path: `/api/projections/${named.service}/${named.name}/verify` }, ProjectionVerification) : undefined;
  const isSwitched = options.switch === true && (compared?.different ?? 0) === 0;
  if (isSwitched) await act(api, named, 'switch');
  return { projection: shownName(named), rows: compared?.rows ?? null, different: compared?.different ?? null, isSwitched, differences: compared?.differences ?? [] };
};

const chosen = async (api: Api, which: string | undefined, { all }: RebuildOptions): Promise<Named[]> => {
  if ((which === undefined) === (all === undefined)) throw usageFailure(all ? 'a name and --all exclude each other' : 'it is not said what to rebuild', 'Name one (provisioning/servers), or say --all.');
  if (which !== undefined) return [parseNamed(which)];
  return (await readProjections(api)).filter(({ hasRows }) => hasRows);
};

const told = (count: number | null): string => (count === null ? 'not compared' : String(count));

/** @throws CliFailure with exit code 5 when rows differ, after all were told */
export const rebuild = async (which: string | undefined, options: RebuildOptions): Promise<void> => {
  const terminal = processTerminal();
  const api = openApi();
  const outcomes: Outcome[] = [];
  for (const named of await chosen(api, which, options)) outcomes.push(await rebuildOne(api, named, options));
  if (options.json) await terminal.out(JSON.stringify({ items: outcomes }));
  else {
    await terminal.out(tableOf(['READ MODEL', 'ROWS', 'DIFFERENT', 'IN USE'], outcomes.map(({ projection, rows, different, isSwitched }) => [projection, told(rows), told(different), isSwitched ? 'the new rows' : 'the old rows']), terminal));
    const rows = outcomes.flatMap(({ projection, differences }) => differences.map(({ key, before, after }) => [projection, key.join(' '), JSON.stringify(before), JSON.stringify(after)]));
    if (rows.length > 0) await terminal.out(`\n${tableOf(['READ MODEL', 'ROW', 'OLD', 'NEW'], rows, terminal)}`);
  }
  const bad = outcomes.filter(({ different }) => (different ?? 0) > 0);
  if (bad.length > 0) {
    const names = bad.map(({ projection }) => projection).join(', ');
    throw new CliFailure(`old and new rows differ in ${names}`, { exit: EXIT.found, code: 'projection.different', advice: 'Nothing was switched there. If the new rows are right: citrus history projections switch …' });
  }
};
