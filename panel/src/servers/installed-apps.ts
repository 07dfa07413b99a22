/** Which apps a server has, told by the jobs that ended on it. */
import type { InputValue } from '@citrus/contracts';
import type { Installer, Job, LiveServer } from '../api/types.ts';
import { firstAddressIn } from '../ui/addresses.ts';

export type InstalledApp = { readonly installer: string; readonly version: string; readonly job: Job; readonly inputs: Readonly<Record<string, InputValue>> };

const PUTS: readonly Job['action'][] = ['install', 'upgrade', 'reconfigure', 'restore'];
const byEnd = (a: Job, b: Job): number => (a.finishedAt ?? a.updatedAt).localeCompare(b.finishedAt ?? b.updatedAt);

export const installedApps = (jobs: readonly Job[]): InstalledApp[] => {
  const apps = new Map<string, InstalledApp>();
  for (const job of jobs.filter(({ status }) => status === 'succeeded').toSorted(byEnd)) {
    if (job.action === 'uninstall') apps.delete(job.installer);
    if (!PUTS.includes(job.action)) continue;
    const before = apps.get(job.installer);
    apps.set(job.installer, { installer: job.installer, version: job.installerVersion, job, inputs: { ...before?.inputs, ...job.inputs } });
  }
  return [...apps.values()].toSorted((a, b) => a.installer.localeCompare(b.installer));
};

/** The installer's closing words with this server's address, the job's answers and what it handed on filled in. */
export const afterInstall = (installer: Installer | undefined, server: Pick<LiveServer, 'ipAddress'> | undefined, inputs: Readonly<Record<string, InputValue>>, outputs: Job['outputs'] = {}): string | undefined =>
  installer?.after_install?.replaceAll(/\{\{\s*([A-Za-z_][A-Za-z0-9_.]*)\s*\}\}/g, (whole, name: string) => {
    const value = name === 'ADDRESS' ? server?.ipAddress : name.startsWith('outputs.') ? outputs[name.slice('outputs.'.length)] : inputs[name.toLowerCase()];
    return value === undefined || value === null ? whole : String(value);
  });

export const pageOf = (...about: Parameters<typeof afterInstall>): string | undefined => {
  const text = afterInstall(...about);
  const address = text && firstAddressIn(text);
  return address && !address.includes('{{') ? address : undefined;
};
