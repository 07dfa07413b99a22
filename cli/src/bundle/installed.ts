/** Bundles on servers: how they stand, and steering them. */
import { InstalledBundle, OPEN_BUNDLE_STATUSES, type InstalledBundleApp } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { serversByName } from '../job/on-server.ts';
import { confirmed } from '../output/confirm.ts';
import { meanwhile } from '../output/meanwhile.ts';
import { startProgress } from '../output/progress.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { BundlesOptions, SteerOptions } from './bundle.command.ts';

export type Parts = { readonly api?: Api; readonly terminal?: Terminal; readonly everyMs?: number };
export type Stage = Required<Parts>;

export const stageOf = ({ api = openApi(), terminal = processTerminal(), everyMs = 1000 }: Parts): Stage => ({ api, terminal, everyMs });

const isOpen = ({ status }: InstalledBundle): boolean => OPEN_BUNDLE_STATUSES.includes(status);

const untilOf = ({ reason, waitsUntil }: InstalledBundleApp): string => `${reason ?? ''}${waitsUntil === null ? '' : ` Until ${waitsUntil.slice(0, 16).replace('T', ' ')} UTC at the longest.`}`;

/** Why it has failed, or what its turn waits for. */
const whyOf = ({ reason, apps }: InstalledBundle): string => {
  const held = apps.find(({ waitsUntil }) => waitsUntil !== null);
  return reason ?? (held ? `${held.app}: ${untilOf(held)}` : '');
};

/** Waits until it is over. */
export const followBundle = ({ api, everyMs }: Stage, asked: InstalledBundle): Promise<InstalledBundle> => meanwhile(`The bundle goes on without this command. See: citrus bundles status ${asked.id}`, async () => {
  const progress = startProgress(`${asked.phase} ${asked.bundle}`);
  try {
    for (let bundle = asked; ; bundle = await api.json({ path: `/api/installed-bundles/${asked.id}` }, InstalledBundle)) {
      if (!isOpen(bundle)) return bundle;
      const running = bundle.apps.find(({ status }) => status === 'running');
      const held = bundle.apps.find(({ waitsUntil }) => waitsUntil !== null);
      progress.at(bundle.apps.filter(({ status }) => status !== 'waiting').length, bundle.apps.length, running ? running.app : held ? `${held.app} cannot begin yet, see: citrus bundles status ${bundle.id}` : '');
      await delay(everyMs);
    }
  } finally {
    progress.end();
  }
});

/** @throws CliFailure when it did not end well */
export const tell = async (bundle: InstalledBundle, { terminal, options }: Stage & { options: BundlesOptions }): Promise<void> => {
  if (bundle.status === 'failed') throw new CliFailure(printable(`${bundle.bundle}: ${bundle.reason ?? 'it failed'}`), { exit: EXIT.failed, code: 'bundle.failed', advice: `See: citrus bundles status ${bundle.id}; go on: citrus bundles retry ${bundle.id}` });
  await terminal.out(options.json ? JSON.stringify(bundle) : printable(`${bundle.bundle} is ${bundle.status}${bundle.reason === null ? '' : `: ${bundle.reason}`}.`.replace(/\.\.$/, '.')));
};

/** By its id or the beginning of it. @throws CliFailure */
const installedCalled = async (api: Api, wanted: string): Promise<InstalledBundle> => {
  const [one, another] = (await allOf(api, '/api/installed-bundles', InstalledBundle)).filter(({ id }) => id.startsWith(wanted));
  if (another) throw usageFailure(`more than one bundle begins with ${wanted}`, 'Write more of its id: citrus bundles status --json');
  if (!one) throw new CliFailure(`there is no bundle ${wanted} on the servers`, { exit: EXIT.failed, code: 'bundle.unknown', advice: 'See which there are: citrus bundles status' });
  return one;
};

export const status = async (wanted: string | undefined, options: BundlesOptions, parts: Parts = {}): Promise<void> => {
  const { api, terminal } = stageOf(parts);
  const names = await serversByName(api);
  const on = (serverId: string) => names.get(serverId) ?? serverId;
  if (wanted === undefined) {
    const items = await allOf(api, '/api/installed-bundles', InstalledBundle);
    if (options.json) return terminal.out(JSON.stringify({ items }));
    return terminal.out(tableOf(['ID', 'BUNDLE', 'STATUS', 'ON', 'APPS', 'WHY'], items.map((each) => {
      const { id, bundle, version, status, servers, apps } = each;
      return [id, `${bundle} ${version}`, status, [...new Set(Object.values(servers).map(on))].join(', '), apps.map(({ app, status: how }) => `${app}: ${how}`).join(', '), whyOf(each)];
    }), terminal));
  }
  const bundle = await installedCalled(api, wanted);
  if (options.json) return terminal.out(JSON.stringify(bundle));
  await terminal.out(printable(`${bundle.bundle} ${bundle.version} is ${bundle.status}, attempt ${bundle.attempt}${bundle.reason === null ? '' : `: ${bundle.reason}`}`));
  await terminal.out(tableOf(['APP', 'INSTALLER', 'ON', 'STATUS', 'HANDS ON', 'JOB OR CHANGE', 'WHY'], bundle.apps.map((each) => {
    const { app, installer, installerVersion, serverId, status, outputs, workId } = each;
    return [app, `${installer} ${installerVersion}`, on(serverId), status, Object.entries(outputs).map(([name, value]) => `${name}=${value}`).join(' '), workId ?? '-', untilOf(each)];
  }), terminal));
};

export const steer = async (verb: 'retry' | 'cancel' | 'uninstall', wanted: string, options: SteerOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const found = await installedCalled(stage.api, wanted);
  if (verb === 'uninstall') await confirmed(stage.terminal, `Uninstall ${found.bundle} (${found.apps.map(({ app }) => app).toReversed().join(', ')})${options.withoutBackup ? ' without a backup: what goes wrong cannot be undone' : ''}?`, options.yes);
  const path = `/api/installed-bundles/${found.id}/${verb}`;
  const asked = await stage.api.json({ method: 'POST', path, ...(verb === 'uninstall' && { body: { withoutBackup: options.withoutBackup ?? false } }), headers: { 'idempotency-key': randomUUID() } }, InstalledBundle);
  await tell(options.follow === false ? asked : await followBundle(stage, asked), { ...stage, options });
};
