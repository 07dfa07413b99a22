/**
 * Looks once more at one machine and one server alone, after both were suspected: the machine by its id, the server in its
 * log. Nothing is done about what only one look has shown, because listings lag and shift.
 */
import type { CloudId, Finding } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { specNow } from '../action/action.state.ts';
import { FLEET_TAG, nameOfAttempt, tagOfServer, type CloudProvider, type Instance } from '../provider/provider.port.ts';
import { isTrusted404 } from '../server/next-step.ts';
import type { ServerProcess } from '../server/server.process.ts';
import { dropletOf, type ExistingServer } from '../server/server.state.ts';
import { driftOf, ghostOf, isYoung, orphanOf, serverIdOf, type ServerFacts, type Suspicion } from './findings.ts';

export const factsOf = (server: ExistingServer): ServerFacts => {
  const { name, size, tags } = specNow(server);
  return {
    serverId: server.serverId, projectId: server.projectId, name, status: server.status, hasJoined: server.provider === 'none', cloudId: server.cloudId ?? null,
    machineRef: dropletOf(server)?.ref ?? null, size, tags, power: server.power ?? null, isActedOn: server.action !== undefined, updatedAt: server.since,
  };
};

/** @throws Unavailable when there is no way into this cloud any more */
export const cloudOf = async ({ clouds }: Pick<ServerProcess, 'clouds'>, cloudId: CloudId | null): Promise<CloudProvider> => {
  const open = (await clouds.all()).find((one) => one.cloudId === cloudId);
  if (!open) throw new Unavailable('The credential of this cloud cannot be used at the moment. Test it, or give it a new token; then try again.');
  return open.cloud;
};

const existing = async ({ load }: ServerProcess, serverId: Suspicion['serverId']): Promise<ExistingServer | undefined> => {
  if (serverId === null) return undefined;
  const { state } = await load(serverId);
  return state.status === 'none' ? undefined : state;
};

/** Still of nobody: neither its tag nor its id is of a server of ours. */
const orphan = async (process: ServerProcess, { cloudId }: Suspicion, machine: Instance): Promise<Suspicion | undefined> => {
  if (!machine.tags.includes(FLEET_TAG) || (await existing(process, serverIdOf(machine) ?? null))) return undefined;
  return orphanOf(machine, cloudId);
};

const isKnown = (server: ExistingServer, ref: string): boolean => dropletOf(server)?.ref === ref || server.unwanted.some((droplet) => droplet.ref === ref);

/** Gone by its id, by its name and by its tag. One that is there after all has only lost the fleet's tag. */
const ghost = async (process: ServerProcess, cloud: CloudProvider, server: ExistingServer): Promise<Suspicion | undefined> => {
  const droplet = dropletOf(server);
  if (server.status !== 'active' || droplet === null) return undefined;
  const askedAt = process.now();
  const machine = await cloud.get(droplet.ref);
  const youngMs = process.policy.settleMs + process.policy.createTimeoutMs;
  if (machine !== 'absent') return isYoung(machine, { now: askedAt, youngMs }) ? undefined : driftOf(factsOf(server), machine).find(({ aspect }) => aspect === 'tags');
  const key = { name: nameOfAttempt(specNow(server).name, server.serverId, server.attempt), tag: tagOfServer(server.serverId), size: specNow(server).size };
  const isGone = isTrusted404(droplet, askedAt, process.policy) && !(await cloud.find(key)).some(({ ref }) => ref === droplet.ref);
  return isGone ? ghostOf(factsOf(server)) : undefined;
};

/** What is true now of what was suspected; undefined when it is not (any more), or is being seen to already. */
export const lookAgain = async (process: ServerProcess, suspicion: Suspicion | Finding): Promise<Suspicion | undefined> => {
  const { kind, machineRef, serverId, aspect } = suspicion;
  const cloud = await cloudOf(process, suspicion.cloudId);
  const server = await existing(process, serverId);
  if (kind === 'ghost') return server && ghost(process, cloud, server);
  const machine = machineRef === null ? 'absent' : await cloud.get(machineRef);
  if (machine === 'absent') return undefined;
  if (kind === 'drift') return server?.status === 'active' && !server.action && dropletOf(server)?.ref === machine.ref ? driftOf(factsOf(server), machine).find((drift) => drift.aspect === aspect) : undefined;
  if (serverId === null) return orphan(process, suspicion, machine);
  const isStray = server && !server.pending && !isKnown(server, machine.ref) && serverIdOf(machine) === serverId;
  return isStray ? suspicion : undefined;
};
