/** Runs over many servers: which ones a filter means is settled here, what becomes of them by agent-mgmt. */
import {
  abortRun, createRun, InstallerAction, InstallerId, JobPriority, listRuns, listRunServers, MOST_SERVERS_IN_A_RUN, PageRequest, pageOf, TimeSort, pauseRun, plainText,
  planRun, readRun, resumeRun, retryRun, Run, RunId, RunOutcome, RunSample, RunServer, sampleOf, RunStatus, RunStrategy, ServerId, type Server,
} from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { Answers } from '../answer/answers.ts';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { meantServers } from '../server/meant-servers.ts';

const One = z.strictObject({ id: RunId });
const Wanted = {
  installer: InstallerId, action: InstallerAction.default('install'), inputs: z.record(z.string(), z.unknown()).default({}),
  /** Which servers; docs/reference/server-filter.md. */
  filter: plainText(1000), strategy: RunStrategy.prefault({}),
  /** Only a part of them, the same one for the same seed. */
  sample: RunSample.optional(),
};
const NewRun = z.strictObject({ ...Wanted, priority: JobPriority.default('normal') });
const Plan = z.object({
  /** In the order in which they begin; `refused` says why one cannot now, and with `passes` the run waits until it can. */
  servers: z.array(z.object({ id: ServerId, name: z.string(), refused: z.string().nullable(), passes: z.boolean().default(false) })),
  waves: z.array(z.int()), maxFailures: z.int(),
});
const Filter = z.strictObject({ status: RunStatus.optional(), sort: TimeSort.optional(), ...PageRequest });
const ServersFilter = z.strictObject({ outcome: RunOutcome.optional(), ...PageRequest });
const Abort = z.strictObject({ cancelRunning: z.boolean().default(false) });

const plan = defineRoute({ method: 'POST', path: '/api/runs/plan', summary: 'What a run would do, without doing it', rule: memberOfProject('operator'), body: z.strictObject(Wanted), reply: Plan });
const create = defineRoute({ method: 'POST', path: '/api/runs', summary: 'Run an installer\'s action on many servers, in waves', rule: memberOfProject('operator'), body: NewRun, reply: Run, status: 202 });
const list = defineRoute({ method: 'GET', path: '/api/runs', summary: 'The runs of a project', rule: memberOfProject('viewer'), query: Filter, reply: pageOf(Run), isTagged: true });
const read = defineRoute({ method: 'GET', path: '/api/runs/:id', summary: 'One run with its box score', rule: memberOfProject('viewer'), params: One, reply: Run, isTagged: true });
const servers = defineRoute({ method: 'GET', path: '/api/runs/:id/servers', summary: 'What became of each server of a run', rule: memberOfProject('viewer'), params: One, query: ServersFilter, reply: pageOf(RunServer) });
const pause = defineRoute({ method: 'POST', path: '/api/runs/:id/pause', summary: 'Begin no further server', rule: memberOfProject('operator'), params: One, reply: Run, status: 202 });
const resume = defineRoute({ method: 'POST', path: '/api/runs/:id/resume', summary: 'Go on; what has failed so far is forgiven', rule: memberOfProject('operator'), params: One, reply: Run, status: 202 });
const abort = defineRoute({ method: 'POST', path: '/api/runs/:id/abort', summary: 'End a run', rule: memberOfProject('operator'), params: One, body: Abort, reply: Run, status: 202 });
const retry = defineRoute({ method: 'POST', path: '/api/runs/:id/retry', summary: 'A new run on the servers that did not succeed, with the same inputs', rule: memberOfProject('operator'), params: One, reply: Run, status: 202 });

/** A part of them may be a run although all of them may not. */
const MOST_SERVERS_TO_CHOOSE_FROM = 50_000;

@Controller()
export class RunController {
  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(Answers) private readonly answers: Answers,
  ) {}

  @Route(plan)
  async plan(@Input() { body: { filter, sample, ...wanted } }: InputOf<typeof plan>, @By() visit: Visit): Promise<z.infer<typeof Plan>> {
    const meant = await this.#meantBy({ filter, sample }, visit);
    const { refused, ...planned } = await this.requests.call(planRun, { projectId: visit.projectId, ...wanted, serverIds: meant.map(({ id }) => id) }, visit.carried);
    const told = new Map(refused.map((each) => [each.serverId, each]));
    return { servers: meant.map(({ id, name }) => ({ id, name, refused: told.get(id)?.reason ?? null, passes: told.get(id)?.passes ?? false })), ...planned };
  }

  @Route(create)
  async create(@Input() { body }: InputOf<typeof create>, @By() visit: Visit): Promise<Run> {
    const meant = await this.#meantBy(body, visit);
    return this.requests.call(createRun, { projectId: visit.projectId, runId: RunId.parse(visit.newId('run')), ...body, serverIds: meant.map(({ id }) => id) }, visit.carried);
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit) {
    return this.answers.ask({ definition: listRuns, input: { projectId: visit.projectId, ...query } }, visit);
  }

  @Route(read)
  read(@Input() { params }: InputOf<typeof read>, @By() visit: Visit): Promise<Run> {
    return this.answers.ask({ definition: readRun, input: { projectId: visit.projectId, runId: params.id } }, visit);
  }

  @Route(servers)
  servers(@Input() { params, query }: InputOf<typeof servers>, @By() visit: Visit) {
    return this.requests.call(listRunServers, { projectId: visit.projectId, runId: params.id, ...query }, visit.carried);
  }

  @Route(pause)
  pause(@Input() { params }: InputOf<typeof pause>, @By() visit: Visit): Promise<Run> {
    return this.requests.call(pauseRun, { projectId: visit.projectId, runId: params.id }, visit.carried);
  }

  @Route(resume)
  resume(@Input() { params }: InputOf<typeof resume>, @By() visit: Visit): Promise<Run> {
    return this.requests.call(resumeRun, { projectId: visit.projectId, runId: params.id }, visit.carried);
  }

  @Route(abort)
  abort(@Input() { params, body }: InputOf<typeof abort>, @By() visit: Visit): Promise<Run> {
    return this.requests.call(abortRun, { projectId: visit.projectId, runId: params.id, ...body }, visit.carried);
  }

  @Route(retry)
  retry(@Input() { params }: InputOf<typeof retry>, @By() visit: Visit): Promise<Run> {
    return this.requests.call(retryRun, { projectId: visit.projectId, runId: params.id, newRunId: RunId.parse(visit.newId(`retry ${params.id}`)) }, visit.carried);
  }

  /** By name, which is the order in which they begin. */
  async #meantBy({ filter, sample }: { readonly filter: string; readonly sample?: RunSample | undefined }, visit: Visit): Promise<Server[]> {
    const meant = await meantServers(this.requests, { filter, most: sample ? MOST_SERVERS_TO_CHOOSE_FROM : MOST_SERVERS_IN_A_RUN, of: 'one run' }, visit);
    return sample ? sampleOf(meant, sample) : meant;
  }
}
