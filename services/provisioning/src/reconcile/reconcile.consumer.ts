/** The requests about the fleet that people make, over NATS. Members see what concerns servers of their project. */
import { readFleetReport, readReconcile, repairFinding, repairFleet, runFleetReport, runReconcile, type Finding, type FleetReport, type ProjectId, type RepairedFinding, type RepairFinding } from '@citrus/contracts';
import { projectScope, Unauthenticated } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { Origin } from '../catalog/server-catalog.ts';
import { FLEET_PARTS } from '../tokens.ts';
import { reconcileUnlessDone } from './fleet.reconciler.ts';
import { repair, type RepairParts } from './repairs.ts';

const originOf = ({ caller, correlationId, traceparent }: RequestContext, projectId?: ProjectId): Origin => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return { actor: { kind: 'user', id: caller.userId }, correlationId, ...(projectId !== undefined && { projectId }), ...(traceparent !== undefined && { traceparent }) };
};

/** What a member of the project may know. */
const forProject = (report: FleetReport, projectId: string): FleetReport => ({ ...report, counts: null, problems: [], findings: report.findings.filter((finding) => finding.projectId === projectId) });

@Controller()
export class ReconcileConsumer {
  constructor(@Inject(FLEET_PARTS) private readonly parts: RepairParts) {}

  @OnRequest(readReconcile)
  async read({ projectId }: { projectId: ProjectId }, { caller }: RequestContext): Promise<FleetReport> {
    return forProject(await this.parts.reports.read(), projectScope(caller, projectId).projectId);
  }

  @OnRequest(runReconcile)
  async run({ projectId }: { projectId: ProjectId }, { caller }: RequestContext): Promise<FleetReport> {
    const scope = projectScope(caller, projectId);
    return forProject(await reconcileUnlessDone(this.parts), scope.projectId);
  }

  @OnRequest(readFleetReport)
  readAll(_input: object, _context: RequestContext): Promise<FleetReport> {
    return this.parts.reports.read();
  }

  @OnRequest(runFleetReport)
  runAll(_input: object, _context: RequestContext): Promise<FleetReport> {
    return reconcileUnlessDone(this.parts);
  }

  @OnRequest(repairFinding)
  repair({ projectId, ...asked }: RepairFinding & { projectId: ProjectId }, context: RequestContext): Promise<RepairedFinding> {
    const scope = projectScope(context.caller, projectId);
    const isMine = (finding: Finding): boolean => finding.projectId === scope.projectId;
    return repair(this.parts, asked, isMine, originOf(context, projectId));
  }

  @OnRequest(repairFleet)
  repairAll(asked: RepairFinding, context: RequestContext): Promise<RepairedFinding> {
    return repair(this.parts, asked, () => true, originOf(context));
  }
}
