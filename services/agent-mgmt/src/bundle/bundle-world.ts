/** What a bundle meets: the servers that play its roles, and what is on them. */
import type { AppBundle, BundlePlan, Installer, ServerId } from '@citrus/contracts';
import { NotFound, Refusal, type Scope } from '@citrus/kit-domain';
import { sourcesOn, machineOf } from '../installer/server-check.ts';
import { lookAtServer } from '../job/queue-job.ts';
import type { Jobs } from '../tokens.ts';
import type { InstalledBundleStore } from './bundle.store.ts';
import { roleOf } from './bundle-order.ts';
import type { Place, World } from './bundle-plan.ts';

type Asked = { readonly projectId: Parameters<typeof lookAtServer>[2]['projectId']; readonly servers: Readonly<Record<string, ServerId>> };
type Parts = { readonly jobs: Jobs; readonly bundles: InstalledBundleStore };

const placeOf = async ({ jobs }: Parts, scope: Scope, target: { projectId: Asked['projectId']; serverId: ServerId }, any: Installer): Promise<Place> => {
  const { agent, machine } = await lookAtServer(jobs, scope, target, any);
  const servers = await jobs.apps.otherServers(scope, target);
  return { serverId: target.serverId, machine: machineOf(agent, machine.apps), sourcesFor: (installer) => sourcesOn(installer, agent, { apps: machine.apps, servers }) };
};

export const worldOf = async (parts: Parts, scope: Scope, bundle: AppBundle, { projectId, servers }: Asked): Promise<World> => {
  const problems: BundlePlan['problems'] = [];
  const places: Record<string, Place> = {};
  const find = (id: string) => parts.jobs.registry.find(id);
  for (const role of Object.keys(servers)) if (!bundle.servers.some((each) => each.role === role)) problems.push({ path: `servers.${role}`, message: `is not a server of this bundle; it has ${bundle.servers.map((each) => each.role).join(', ')}` });
  for (const { role, label } of bundle.servers) {
    const serverId = Object.hasOwn(servers, role) ? servers[role] : undefined;
    const installer = bundle.apps.filter((each) => roleOf(each, bundle.servers) === role).map((each) => find(each.installer)).find((found) => found !== undefined);
    if (!serverId) problems.push({ path: `servers.${role}`, message: `is missing: choose a server for "${label}"` });
    else if (installer) {
      try {
        places[role] = await placeOf(parts, scope, { projectId, serverId }, installer);
      } catch (error) {
        if (!(error instanceof Refusal || error instanceof NotFound)) throw error;
        problems.push({ path: `servers.${role}`, message: error.message });
      }
    }
  }
  const taken = new Set<string>();
  const outputs: Record<string, Awaited<ReturnType<InstalledBundleStore['outputsOf']>>> = {};
  for (const each of bundle.apps) {
    const place = places[roleOf(each, bundle.servers)];
    if (!place) continue;
    const name = `${place.serverId}/${each.installer}`;
    if (taken.has(name)) problems.push({ path: `servers.${roleOf(each, bundle.servers)}`, message: `cannot be the same server as another role: ${each.installer} would be there twice` });
    taken.add(name);
    if (place.machine.apps?.some(({ installer }) => installer === each.installer)) outputs[each.app] = await parts.bundles.outputsOf(scope, { serverId: place.serverId, installer: each.installer });
  }
  return { find, places, problems, outputs };
};
