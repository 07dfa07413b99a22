/** Sources of installers in words: what is in use, and why not what is newer. */
import { InstallerSource } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { InstallersOptions } from './installer.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };
const Sources = z.object({ items: z.array(InstallerSource) });

const rowOf = ({ name, state, commit, since, folders, ref, url }: InstallerSource): string[] => [name, state, commit?.slice(0, 12) ?? 'none', since ?? '', String(folders.length), ref, url];

const noteOf = ({ name, reason, commit }: InstallerSource): string[] => (reason === null ? [] : [`${name}: ${reason}${commit === null ? '' : `; ${commit.slice(0, 12)} stays in use`}`]);

const tell = async (items: readonly InstallerSource[], terminal: Terminal): Promise<void> => {
  await terminal.out(tableOf(['SOURCE', 'STATE', 'COMMIT', 'IN USE SINCE', 'FOLDERS', 'REF', 'URL'], items.map(rowOf), terminal));
  for (const line of items.flatMap(noteOf)) terminal.note(printable(line));
};

export const listSources = async ({ json }: InstallersOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { items } = await api.json({ path: '/api/installers/sources' }, Sources);
  if (json) return terminal.out(JSON.stringify({ items }));
  if (items.length === 0) return terminal.out('No sources: all installers are in the folder that comes with Citrus. See docs/how-to/installers-from-git.md.');
  await tell(items, terminal);
};

/** @throws CliFailure when the look went wrong, after everything was told */
export const fetchSource = async (name: string, { json }: InstallersOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const source = await api.json({ method: 'POST', path: `/api/installers/sources/${encodeURIComponent(name)}/fetch` }, InstallerSource);
  if (json) await terminal.out(JSON.stringify(source));
  else await tell([source], terminal);
  if (source.state === 'failing') throw new CliFailure(`${name} was not fetched`, { exit: EXIT.found, code: 'installer_source.failing', advice: 'Why stands above. What was in use before still is.' });
  if (source.state === 'fetching') terminal.note('It takes longer; see how it ends with: citrus installers sources');
};
