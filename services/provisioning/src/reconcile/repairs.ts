/** What people have done about a finding. It is looked at once more first: what is not true any more is not repaired. */
import type { Finding, RepairedFinding, RepairFinding } from '@citrus/contracts';
import { NotFound, Refusal } from '@citrus/kit-domain';
import type { Origin } from '../catalog/server-catalog.ts';
import type { ServerHandler } from '../server/server.handler.ts';
import type { FleetParts } from './fleet.reconciler.ts';
import { cloudOf, lookAgain } from './second-look.ts';

export type RepairParts = FleetParts & { readonly handle: ServerHandler; readonly wake: () => void; /** The read models show what was appended here. */ readonly reached: (position: number) => Promise<unknown> };

const gone = (finding: Finding): Refusal => new Refusal('finding.over', `This is not so any more: ${finding.text} Nothing was done. Compare again to see what there is now.`);

/** The machine of nobody, for ever. Its reference is typed, so that nobody destroys the wrong one by a slip. */
const destroy = async (parts: RepairParts, finding: Finding, typed: string | undefined): Promise<string> => {
  const { process, facts, logger } = parts;
  const { machineRef } = finding;
  if (machineRef === null || typed !== machineRef) {
    throw new Refusal('finding.ref_needed', `Say which machine is meant by its reference, ${machineRef ?? ''}: it is destroyed for ever, with everything on it.`, [{ path: 'machineRef', message: `is not ${machineRef ?? ''}` }]);
  }
  const servers = await facts();
  if ([...servers.values()].some((server) => server.machineRef === machineRef && server.cloudId === finding.cloudId)) throw gone(finding);
  const outcome = await (await cloudOf(process, finding.cloudId)).destroy(machineRef);
  logger.info({ event: 'fleet.orphan_destroyed', droplet_ref: machineRef, outcome }, 'a machine of nobody was destroyed on request');
  if (outcome === 'busy') throw new Refusal('machine.busy', `The cloud is doing something with the machine ${machineRef}. Try again in a minute.`);
  return outcome === 'absent' ? `The machine ${machineRef} is gone already.` : `The machine ${machineRef} is being destroyed.`;
};

/** Tags hold no blanks, and a cloud keeps the case in which it saw a tag first. */
const retag = async ({ process }: RepairParts, { machineRef, cloudId, serverName, expected, actual }: Finding): Promise<string> => {
  const there = new Set((actual ?? '').toLowerCase().split(' '));
  const lost = (expected ?? '').split(' ').filter((tag) => !there.has(tag.toLowerCase()));
  const outcome = await (await cloudOf(process, cloudId)).addTags(machineRef ?? '', lost);
  if (typeof outcome === 'object') throw new Refusal('tag.refused', outcome.refused);
  return outcome === 'absent' ? `The machine ${machineRef ?? ''} is gone from the cloud.` : `The machine of ${serverName ?? ''} has its tags ${lost.join(', ')} again.`;
};

const onServer = async (parts: RepairParts, finding: Finding, origin: Origin): Promise<string> => {
  const { process, handle, wake, reached } = parts;
  const { serverId, machineRef, actual } = finding;
  if (serverId === null || machineRef === null) throw gone(finding);
  const at = new Date(process.now()).toISOString();
  const isGhost = finding.kind === 'ghost';
  const { events, position } = isGhost
    ? await handle({ type: 'RecordMissing', at, data: { serverId, dropletRef: machineRef } }, origin)
    : await handle({ type: 'AcceptSize', at, data: { serverId, dropletRef: machineRef, size: actual ?? '' } }, origin);
  if (events.length === 0) throw gone(finding);
  await reached(position);
  wake();
  return isGhost ? `${finding.serverName ?? serverId} is marked failed. Try it again with a new machine, or delete it.` : `${finding.serverName ?? serverId} is ${actual ?? ''} from now on.`;
};

/** @param isMine which findings the caller may touch; another one is not there for them */
export const repair = async (parts: RepairParts, { finding: id, machineRef }: RepairFinding, isMine: (finding: Finding) => boolean, origin: Origin): Promise<RepairedFinding> => {
  const finding = (await parts.reports.read()).findings.find((one) => one.id === id && isMine(one));
  if (!finding) throw new NotFound('finding.not_found', `There is no finding ${id} in the last report. Compare again, or look at what there is: citrus reconcile`);
  if (finding.repair === null) throw new Refusal('finding.by_hand', `Citrus cannot put this right by itself. ${finding.text}`);
  const still = await lookAgain(parts.process, finding);
  if (still?.id !== finding.id) throw gone(finding);
  const now: Finding = { ...finding, ...still, isConfirmed: true };
  switch (finding.repair) {
    case 'remove': return { finding: now, done: 'It is being removed already.' };
    case 'destroy': return { finding: now, done: await destroy(parts, now, machineRef) };
    case 'retag': return { finding: now, done: await retag(parts, now) };
    case 'mark-failed': case 'accept': return { finding: now, done: await onServer(parts, now, origin) };
  }
};
