/** Which bundles there are, what one would do, and doing it. */
import { AppBundle, BundlePlan, InstalledBundle, isSensitive, RefusedBundle, type PlannedApp } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Api } from '../api/api.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { serversByName, serverCalled } from '../job/on-server.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { printable } from '../output/terminal.ts';
import { parseInputs } from '../run/start.ts';
import type { BundlesOptions, InstallOptions, OrderOptions } from './bundle.command.ts';
import { followBundle, stageOf, tell, type Parts, type Stage } from './installed.ts';

const Catalogue = z.object({ items: z.array(AppBundle), refused: z.array(RefusedBundle) });

/** @throws CliFailure */
const bundleCalled = async (api: Api, id: string): Promise<AppBundle> => {
  const found = (await api.json({ path: '/api/bundles' }, Catalogue)).items.find((bundle) => bundle.id === id);
  if (!found) throw new CliFailure(`there is no bundle ${id}`, { exit: EXIT.failed, code: 'bundle.unknown', advice: 'See which there are, and which were refused: citrus bundles' });
  return found;
};

export const listAll = async (options: BundlesOptions, parts: Parts = {}): Promise<void> => {
  const { api, terminal } = stageOf(parts);
  const { items, refused } = await api.json({ path: '/api/bundles' }, Catalogue);
  if (options.json) return terminal.out(JSON.stringify({ items, refused }));
  await terminal.out(tableOf(['BUNDLE', 'VERSION', 'APPS', 'SERVERS', 'WHAT'], items.map(({ id, version, order, servers, description }) => [id, version, order.join(' → '), servers.map(({ role }) => role).join(', '), description]), terminal));
  for (const { folder, file, line, reason } of refused) terminal.note(printable(`refused: ${folder}/${file}${line === null ? '' : `:${line}`}: ${reason}`));
};

const installerOf = ({ apps }: AppBundle, wanted: string) => apps.find(({ app }) => app === wanted);

export const show = async (id: string, options: BundlesOptions, parts: Parts = {}): Promise<void> => {
  const { api, terminal } = stageOf(parts);
  const bundle = await bundleCalled(api, id);
  if (options.json) return terminal.out(JSON.stringify(bundle));
  await terminal.out(printable(`${bundle.name} ${bundle.version}: ${bundle.description}`));
  await terminal.out(tableOf(['APP', 'INSTALLER', 'SERVER', 'ONLY IF', 'IF IT IS THERE'], bundle.order.map((app) => {
    const found = installerOf(bundle, app);
    return [app, `${found?.installer ?? ''} ${found?.version ?? ''}`.trim(), found?.server ?? bundle.servers[0]?.role ?? '', found?.when ?? '', found?.if_present ?? ''];
  }), terminal));
  await terminal.out(tableOf(['INPUT', 'TYPE', 'DEFAULT', 'LABEL'], bundle.inputs.map((input) => [`${input.id}${input.required ? ' *' : ''}`, isSensitive(input) ? `${input.type}, secret` : input.type, String(input.default ?? ''), input.label]), terminal));
};

/** `web-1`, or `front=web-1` for each role. @throws CliFailure */
const serversOf = async (api: Api, bundle: AppBundle, given: readonly string[]): Promise<Record<string, string>> => {
  const servers: Record<string, string> = {};
  for (const text of given) {
    const at = text.indexOf('=');
    const role = at === -1 ? (bundle.servers.length === 1 ? bundle.servers[0]?.role : undefined) : text.slice(0, at);
    if (role === undefined) throw usageFailure(`${text} does not say which server it is`, `Write it as ${bundle.servers.map((each) => `--on ${each.role}=<server>`).join(' ')}.`);
    servers[role] = (await serverCalled(api, text.slice(at + 1))).id;
  }
  return servers;
};

const DOES: Readonly<Record<PlannedApp['does'], string>> = { install: 'install', upgrade: 'upgrade, with a backup first', skip: 'leave as it is', 'leave-out': 'leave out', refuse: 'cannot' };

const valuesOf = ({ inputs, hidden, later }: PlannedApp): string =>
  [...Object.entries(inputs).map(([id, value]) => `${id}=${value}`), ...hidden.map((id) => `${id}=•••`), ...Object.entries(later).map(([id, from]) => `${id}=<${from}>`)].join(', ');

const tellPlan = async (plan: BundlePlan, { api, terminal }: Stage): Promise<void> => {
  const names = await serversByName(api);
  await terminal.out(tableOf(['', 'APP', 'ON', 'DOES', 'WITH'], plan.apps.map((planned, index) => [String(index + 1), `${planned.app} (${planned.installer} ${planned.version})`, names.get(planned.serverId) ?? planned.serverId, DOES[planned.does], valuesOf(planned)]), terminal));
  for (const warning of [...plan.warnings, ...plan.apps.flatMap(({ warnings }) => warnings)]) terminal.note(printable(`! ${warning}`));
  for (const { path, message } of plan.problems) terminal.note(printable(`✗ ${path} ${message}`));
  for (const { app, problems, requirements } of plan.apps) {
    for (const { path, message } of problems) terminal.note(printable(`✗ ${app}: ${path} ${message}`));
    for (const { state, text, remedy, mayBeIgnored } of requirements) if (state === 'unmet') terminal.note(printable(`${mayBeIgnored ? '!' : '✗'} ${app}: ${text}. ${remedy}`));
  }
};

const orderFor = async ({ api }: Stage, id: string, options: OrderOptions) => {
  const bundle = await bundleCalled(api, id);
  return { bundle: bundle.id, servers: await serversOf(api, bundle, options.on), inputs: parseInputs(options.input) };
};

export const plan = async (id: string, options: OrderOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const planned = await stage.api.json({ method: 'POST', path: '/api/bundles/plan', body: await orderFor(stage, id, options) }, BundlePlan);
  if (options.json) return stage.terminal.out(JSON.stringify(planned));
  await tellPlan(planned, stage);
};

export const install = async (id: string, options: InstallOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const body = await orderFor(stage, id, options);
  if (!options.yes) {
    const planned = await stage.api.json({ method: 'POST', path: '/api/bundles/plan', body }, BundlePlan);
    await tellPlan(planned, stage);
    if (!planned.canRun) throw new CliFailure(`${id} cannot be installed like this`, { exit: EXIT.failed, code: 'bundle.cannot_run', advice: 'Look at the lines with ✗ above.' });
    await confirmed(stage.terminal, `Install ${planned.apps.filter(({ does }) => does === 'install' || does === 'upgrade').length} apps?`, options.yes);
  }
  const asked = await stage.api.json({ method: 'POST', path: '/api/installed-bundles', body, headers: { 'idempotency-key': randomUUID() } }, InstalledBundle);
  stage.terminal.note(`Bundle ${asked.id}`);
  await tell(options.follow === false ? asked : await followBundle(stage, asked), { ...stage, options });
};
