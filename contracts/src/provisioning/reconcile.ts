/**
 * The fleet as the clouds show it, compared with the log: machines of nobody, servers without a machine, two machines of one
 * server, and what is not as it was asked for.
 */
import { z } from 'zod';
import { Instant, plainText, ProjectId, ServerId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { CloudId } from './cloud.ts';

export const FindingKind = z.enum(['orphan', 'duplicate', 'ghost', 'drift']);
export type FindingKind = z.infer<typeof FindingKind>;

/**
 * What can be done about a finding. `remove`: it is a stray of a server of ours and is being removed without being asked.
 * `destroy`: the machine, for ever; asks for its reference. `mark-failed`: the server, which can then be tried again.
 * `accept`: what the cloud shows is how it is to be. `retag`: the machine gets back the tags that it has lost.
 */
export const FindingRepair = z.enum(['remove', 'destroy', 'mark-failed', 'accept', 'retag']);
export type FindingRepair = z.infer<typeof FindingRepair>;

export const Finding = z.object({
  /** The same in every report as long as it is true. */
  id: z.string(),
  kind: FindingKind,
  /** Of a drift: what is another than it should be. */
  aspect: z.enum(['size', 'tags', 'power', 'name']).nullable(),
  projectId: ProjectId.nullable(),
  serverId: ServerId.nullable(),
  serverName: z.string().nullable(),
  /** Of the credential; null: the installation's cloud. */
  cloudId: CloudId.nullable(),
  machineRef: z.string().nullable(),
  machineName: z.string().nullable(),
  expected: z.string().nullable(),
  actual: z.string().nullable(),
  /** For people. */
  text: z.string(),
  /** A second look, at this machine alone, has shown it too. Nothing is done before. */
  isConfirmed: z.boolean(),
  repair: FindingRepair.nullable(),
  firstSeenAt: Instant,
});
export type Finding = z.infer<typeof Finding>;

export const FleetReport = z.object({
  /** When the last comparison ended; null: there was none yet. */
  ranAt: Instant.nullable(),
  findings: z.array(Finding),
  /** Not told to members of a project. Null: not listed. */
  counts: z.object({ machines: z.int(), servers: z.int() }).nullable(),
  /** Clouds that could not be listed; what is in them was not compared. */
  problems: z.array(z.object({ cloudId: CloudId.nullable(), text: z.string() })),
});
export type FleetReport = z.infer<typeof FleetReport>;

const ofProject = z.strictObject({ projectId: ProjectId });
const ofAll = z.strictObject({});
const subject = (verb: string) => subjects.rpc('provisioning', 'reconcile', verb);

/** What concerns servers of the project. */
export const readReconcile = defineRequest({ subject: subject('read'), input: ofProject, reply: FleetReport, access: { by: 'member', role: 'viewer' } });
/** Compares now, unless somebody does or just did. */
export const runReconcile = defineRequest({ subject: subject('run'), input: ofProject, reply: FleetReport, access: { by: 'member', role: 'operator' } });
/** Everything, also machines of nobody. */
export const readFleetReport = defineRequest({ subject: subject('read-all'), input: ofAll, reply: FleetReport, access: { by: 'administrator' } });
export const runFleetReport = defineRequest({ subject: subject('run-all'), input: ofAll, reply: FleetReport, access: { by: 'administrator' } });

export const RepairFinding = z.strictObject({ finding: plainText(200), /** To destroy a machine: its reference, typed. */ machineRef: plainText(100).optional() });
export type RepairFinding = z.infer<typeof RepairFinding>;
export const RepairedFinding = z.object({ finding: Finding, /** What was done, for people. */ done: z.string() });
export type RepairedFinding = z.infer<typeof RepairedFinding>;

/** Looked at once more before anything is done. */
export const repairFinding = defineRequest({ subject: subject('repair'), input: RepairFinding.extend({ projectId: ProjectId }), reply: RepairedFinding, access: { by: 'member', role: 'operator' } });
/** Also what belongs to no server: a machine is destroyed, for ever. */
export const repairFleet = defineRequest({ subject: subject('repair-all'), input: RepairFinding, reply: RepairedFinding, access: { by: 'administrator' } });
