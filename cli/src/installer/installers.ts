/** Installers in words: the catalogue, one of them, and a plan with everything that is missing at once. */
import { Installer, InstallerPlan, RefusedInstaller } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { serverCalled } from '../job/on-server.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { parseInputs } from '../run/start.ts';
import type { InstallersOptions, PlanOptions } from './installer.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };
const Catalogue = z.object({ items: z.array(Installer), refused: z.array(RefusedInstaller) });
type Catalogue = z.infer<typeof Catalogue>;

const readAll = (api: Api): Promise<Catalogue> => api.json({ path: '/api/installers' }, Catalogue);

const refusedLine = ({ folder, file, line, reason }: RefusedInstaller): string => `refused: ${folder}/${file}${line === null ? '' : `:${line}`}: ${reason}`;

const tell = async ({ items, refused }: Catalogue, { json }: InstallersOptions, terminal: Terminal): Promise<void> => {
  if (json) return terminal.out(JSON.stringify({ items, refused }));
  await terminal.out(tableOf(['ID', 'VERSION', 'KIND', 'FROM', 'ACTIONS', 'WHAT IT IS'], items.map(({ id, version, category, source, scripts, description }) => [id, version, category, source?.name ?? 'built in', ['install', ...Object.keys(scripts)].join(' '), description]), terminal));
  for (const each of refused) terminal.note(printable(refusedLine(each)));
};

export const listAll = async (options: InstallersOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => tell(await readAll(api), options, terminal);

export const reload = async (options: InstallersOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> =>
  tell(await api.json({ method: 'POST', path: '/api/installers/reload' }, Catalogue), options, terminal);

const needsOf = ({ os_requirements: { families, versions, architectures }, resource_requirements: { memory_mb: memory, disk_mb: disk }, requires, depends_on: wanted, portable }: Installer): string[] => [
  families.map((family) => `${family}${family === 'any' || versions[family] === undefined ? '' : ` ${versions[family]}`}`).join(' or '),
  ...(portable ? [] : ['a machine of its own, with systemd']),
  ...(architectures.length > 0 ? [architectures.join(' or ')] : []), ...(memory > 0 ? [`${memory} MB of memory`] : []), ...(disk > 0 ? [`${disk} MB of free disk`] : []),
  ...requires.ports_free.map((port) => `port ${port} free`), ...requires.conflicts.map((id) => `no ${id}`), ...wanted.map(({ installer, version = '' }) => `${installer} ${version}`.trim()),
];

const fromOf = ({ source }: Installer): string => (source ? `source ${source.name}, commit ${source.commit.slice(0, 12)}, in use since ${source.since}` : 'the folder that comes with Citrus');

const inputLine = ({ id, type, required, default: preset, description = '', label, visible_if: visible }: Installer['inputs'][number]): string[] =>
  [id, type, required ? 'required' : '', preset === undefined ? '' : String(preset), visible ?? '', description || label];

export const show = async (id: string, { json }: InstallersOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { items, refused } = await readAll(api);
  const installer = items.find((each) => each.id === id);
  const fault = refused.find(({ folder }) => folder === id);
  if (!installer) throw new CliFailure(fault ? refusedLine(fault) : `there is no installer ${id}`, { exit: EXIT.failed, code: 'installer.not_found', advice: fault ? 'Correct it, then: citrus installers reload' : 'See what there is: citrus installers list' });
  if (json) return terminal.out(JSON.stringify(installer));
  const lines = [`${installer.name} ${installer.version} – ${installer.description}`, ...installer.warnings.map((text) => `Warning: ${text}`), `From: ${fromOf(installer)}`, `Needs: ${needsOf(installer).join(', ')}`, `Actions: ${['install', ...Object.keys(installer.scripts)].join(', ')}`];
  await terminal.out(lines.map(printable).join('\n'));
  if (installer.inputs.length > 0) await terminal.out(tableOf(['INPUT', 'TYPE', '', 'DEFAULT', 'ASKED IF', 'WHAT'], installer.inputs.map(inputLine), terminal));
};

const linesOf = ({ requirements, problems, warnings, notice, inputs, changes, installed }: InstallerPlan): string[] => [
  ...(installed === null ? [] : [`Version ${installed} is installed.`]), ...warnings.map((text) => `Warning: ${text}`), ...(notice === null ? [] : [notice]),
  ...requirements.map(({ state, text, remedy }) => `${state === 'unmet' ? 'NOT MET' : state}: ${text}${state === 'unmet' ? `. ${remedy}` : ''}`), ...problems.map(({ path, message }) => `input ${path} ${message}`),
  ...Object.entries(inputs).map(([id, value]) => `${id} = ${JSON.stringify(value)}`),
  `Runs ${changes.script}, at most ${changes.timeoutSeconds} s.`, ...changes.ports.map(({ port, protocol, purpose, public: isPublic }) => `Opens ${port}/${protocol}${isPublic ? '' : ' (only from the server itself)'}: ${purpose}`), ...changes.files.map(({ path, purpose }) => `Writes ${path}: ${purpose}`),
];

/** @throws CliFailure when the action could not be run, after everything was told. */
export const plan = async (id: string, { server, action, input, json }: PlanOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { id: serverId } = await serverCalled(api, server);
  const planned = await api.json({ method: 'POST', path: `/api/servers/${serverId}/plan`, body: { installer: id, action, inputs: parseInputs(input) } }, InstallerPlan);
  await terminal.out(json ? JSON.stringify(planned) : linesOf(planned).map(printable).join('\n'));
  if (!planned.canRun) throw new CliFailure(`${id} cannot run on ${server} like this`, { exit: EXIT.found, code: 'plan.unmet', advice: 'What is missing stands above.' });
};
