/**
 * The last net: now and then all machines of the fleet are compared with the log. What is provably ours and too much, a
 * second machine of a server that is in the log, is noted as a stray, and the process manager removes it. Everything else
 * is reported, and something is done about it when people ask for it (`repairs.ts`): a machine of nobody may be of another
 * installation that shares the account.
 */
import type { Finding, FleetReport } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-event-store';
import { listFleet } from '../fleet-view/listing.ts';
import type { ServerProcess } from '../server/server.process.ts';
import { findSuspicions, type ListedCloud, type Servers, type Suspicion } from './findings.ts';
import type { ReportStore } from './report.store.ts';
import { lookAgain } from './second-look.ts';

export type FleetParts = {
  readonly process: ServerProcess;
  /** All servers as the log tells them now, not as a read model did a while ago. */
  readonly facts: () => Promise<Servers>;
  readonly reports: ReportStore;
  readonly logger: Logger;
};

/** Each second look costs a call; what is left waits for the next comparison. */
const MOST_LOOKS = 100;

type Listed = { readonly clouds: readonly ListedCloud[]; readonly problems: FleetReport['problems'] };

const listClouds = async ({ process, logger }: FleetParts): Promise<Listed> => {
  const clouds: ListedCloud[] = [];
  const problems: FleetReport['problems'] = [];
  for (const { cloudId, cloud } of await process.clouds.all()) {
    try {
      const { byRef, isWhole } = await listFleet(cloud, process.now);
      clouds.push({ cloudId: cloudId as ListedCloud['cloudId'], machines: [...byRef.values()], isWhole });
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      logger.warn({ event: 'fleet.cloud_unlisted', cloud_id: cloudId, err: error }, 'the machines of a cloud could not be listed; they are compared later');
      problems.push({ cloudId: cloudId as ListedCloud['cloudId'], text: error.message });
    }
  }
  return { clouds, problems };
};

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** What needs nobody's word: strays of our servers go, and what was seen of the power is noted. */
const actOn = async ({ process }: FleetParts, { serverId, machineRef, aspect, actual, repair }: Suspicion): Promise<void> => {
  if (serverId === null || machineRef === null || (repair !== 'remove' && aspect !== 'power')) return;
  const seen = await process.load(serverId);
  const { state: server } = seen;
  if (server.status === 'none') return;
  const at = isoOf(process.now());
  if (aspect === 'power') await process.execute({ type: 'RecordPower', at, data: { serverId, dropletRef: machineRef, power: actual === 'on' ? 'on' : 'off' } }, server, seen);
  else await process.execute({ type: 'RecordLookUp', at, data: { serverId, attempt: server.attempt, tryNumber: server.tries, ours: [], strays: [machineRef], isSettled: false } }, server, seen);
};

const look = async (parts: FleetParts, suspicion: Suspicion): Promise<(Suspicion & { readonly isConfirmed: boolean }) | undefined> => {
  try {
    const found = await lookAgain(parts.process, suspicion);
    if (found) await actOn(parts, found);
    return found && { ...found, isConfirmed: true };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { ...suspicion, isConfirmed: false };
  }
};

/** Compares now. The report is kept and given. */
export const reconcileFleet = async (parts: FleetParts): Promise<FleetReport> => {
  const { process, facts, reports, logger } = parts;
  const before = await facts();
  const { clouds, problems } = await listClouds(parts);
  const after = await facts();
  const { settleMs, createTimeoutMs } = process.policy;
  const suspicions = findSuspicions(before, clouds, after, { now: process.now(), youngMs: settleMs + createTimeoutMs });
  const known = new Map((await reports.read()).findings.map((finding) => [finding.id, finding]));
  const findings: Finding[] = [];
  for (const [index, suspicion] of suspicions.entries()) {
    const found = index < MOST_LOOKS ? await look(parts, suspicion) : { ...suspicion, isConfirmed: false };
    if (found) findings.push({ ...found, firstSeenAt: known.get(found.id)?.firstSeenAt ?? isoOf(process.now()) });
  }
  for (const { id, kind, text, machineRef, serverId } of findings.filter(({ id }) => !known.has(id))) {
    logger.warn({ event: 'fleet.finding', finding: id, kind, droplet_ref: machineRef, server_id: serverId }, text);
  }
  const isOurs = [...after.values()].filter(({ status, hasJoined }) => status !== 'deleted' && !hasJoined).length;
  const report: FleetReport = { ranAt: isoOf(process.now()), findings, problems, counts: { machines: clouds.reduce((sum, { machines }) => sum + machines.length, 0), servers: isOurs } };
  await reports.keep(report);
  return report;
};

/** Longer than a comparison takes. */
const LEASE_MS = 5 * 60_000;
const NOT_AGAIN_WITHIN_MS = 5000;

/** Unless another replica is at it, or it was done within `atLeastMs`; then the last report is as good. */
export const reconcileUnlessDone = async (parts: FleetParts, atLeastMs = NOT_AGAIN_WITHIN_MS): Promise<FleetReport> => {
  const { reports } = parts;
  if (!(await reports.claim(atLeastMs, LEASE_MS))) return reports.read();
  try {
    return await reconcileFleet(parts);
  } catch (error) {
    await reports.giveUp();
    throw error;
  }
};

/** Every so often, by one replica. */
export const startFleetReconciler = (parts: FleetParts, everyMs: number): { stop(): Promise<void> } => {
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    try {
      await reconcileUnlessDone(parts, everyMs / 2);
    } catch (error) {
      parts.logger.warn({ event: 'fleet.reconcile_failed', err: error }, 'the fleet could not be compared with the log; it is tried again later');
    }
  };
  const timer = setInterval(() => {
    running = running.then(run);
  }, everyMs * (0.9 + 0.2 * parts.process.random()));
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
};
