/** The fleet compared with the log: what concerns a project for its members, all of it for administrators. */
import { FleetReport, readFleetReport, readReconcile, RepairedFinding, repairFinding, RepairFinding, repairFleet, runFleetReport, runReconcile } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { By, Input } from '../http/input.ts';
import { administrator, defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

/** A comparison lists every cloud and looks twice at what is suspected. */
const TIMEOUT_MS = 60_000;

/** In the address, so that the audit says which. */
const One = RepairFinding.pick({ finding: true });
const Typed = RepairFinding.omit({ finding: true });

const read = defineRoute({ method: 'GET', path: '/api/reconcile', summary: 'What is not as it should be at the cloud with servers of a project', rule: memberOfProject('viewer'), reply: FleetReport });
const run = defineRoute({ method: 'POST', path: '/api/reconcile', summary: 'Compare the cloud with the servers of a project now', rule: memberOfProject('operator'), reply: FleetReport });
const repair = defineRoute({ method: 'POST', path: '/api/reconcile/:finding/repair', summary: 'Put right what was found about a server', rule: memberOfProject('operator'), params: One, body: Typed, reply: RepairedFinding });
const readAll = defineRoute({ method: 'GET', path: '/api/reconcile/installation', summary: 'What is not as it should be at any cloud, also machines of nobody', rule: administrator, reply: FleetReport });
const runAll = defineRoute({ method: 'POST', path: '/api/reconcile/installation', summary: 'Compare all clouds with all servers now', rule: administrator, reply: FleetReport });
const repairAll = defineRoute({ method: 'POST', path: '/api/reconcile/installation/:finding/repair', summary: 'Put right what was found; a machine of nobody is destroyed when its reference is typed', rule: administrator, params: One, body: Typed, reply: RepairedFinding });

@Controller()
export class ReconcileController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(read)
  read(@By() visit: Visit): Promise<FleetReport> {
    return this.requests.call(readReconcile, { projectId: visit.projectId }, visit.carried);
  }

  @Route(run)
  run(@By() visit: Visit): Promise<FleetReport> {
    return this.requests.call(runReconcile, { projectId: visit.projectId }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(repair)
  repair(@Input() { params, body }: InputOf<typeof repair>, @By() visit: Visit): Promise<RepairedFinding> {
    return this.requests.call(repairFinding, { projectId: visit.projectId, ...params, ...body }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(readAll)
  readAll(@By() visit: Visit): Promise<FleetReport> {
    return this.requests.call(readFleetReport, {}, visit.carried);
  }

  @Route(runAll)
  runAll(@By() visit: Visit): Promise<FleetReport> {
    return this.requests.call(runFleetReport, {}, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(repairAll)
  repairAll(@Input() { params, body }: InputOf<typeof repairAll>, @By() visit: Visit): Promise<RepairedFinding> {
    return this.requests.call(repairFleet, { ...params, ...body }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }
}
