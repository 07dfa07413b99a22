/** Jobs: asked for here, run by agents, followed live. */
import { cancelJob, createJob, InstallerAction, InstallerId, Job, JobDetails, JobId, JobSearch, JobWishes, JobStatus, jobChangedSubject, listJobs, LogEntry, LogHits, LogSearch, PageRequest, pageOf, TimeSort, readJob, readJobDetails, readJobLog, retryJob, searchJobLog, ServerId } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { NATS, REQUESTS } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/nats-core';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Answers } from '../answer/answers.ts';
import { fewAtOncePerPerson } from '../history/heavy-calls.ts';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { LiveStreams } from '../live/live-streams.ts';
import { Mailbox } from '../live/mailbox.ts';
import type { SseMessage } from '../live/sse.ts';
import { followJob, hasSeenTheEnd, type JobReads } from './follow-job.ts';
import { textOfLog } from './log-text.ts';

const One = z.strictObject({ id: JobId });
const NewJob = z.strictObject({
  serverId: ServerId, installer: InstallerId, action: InstallerAction.default('install'),
  inputs: z.record(z.string(), z.unknown()).default({}), ...JobWishes,
});
const Filter = z.strictObject({ serverId: ServerId.optional(), status: JobStatus.optional(), installer: InstallerId.optional(), search: JobSearch.optional(), sort: TimeSort.optional(), ...PageRequest });
const Cursor = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const LogPage = z.strictObject({ cursor: Cursor.default(0), limit: z.coerce.number().int().min(1).max(500).default(200), format: z.enum(['json', 'text']).default('json') });
const Search = z.strictObject(LogSearch);
const From = z.strictObject({ after: Cursor.default(0) });

const create = defineRoute({ method: 'POST', path: '/api/jobs', summary: 'Run an installer\'s action on a server', rule: memberOfProject('operator'), body: NewJob, reply: Job, status: 202 });
const list = defineRoute({ method: 'GET', path: '/api/jobs', summary: 'The jobs of a project', rule: memberOfProject('viewer'), query: Filter, reply: pageOf(Job), isTagged: true });
const read = defineRoute({ method: 'GET', path: '/api/jobs/:id', summary: 'One job', rule: memberOfProject('viewer'), params: One, reply: Job, isTagged: true });
const cancel = defineRoute({ method: 'POST', path: '/api/jobs/:id/cancel', summary: 'Stop a job', rule: memberOfProject('operator'), params: One, reply: Job, status: 202 });
const retry = defineRoute({ method: 'POST', path: '/api/jobs/:id/retry', summary: 'The same job again, as a new one', rule: memberOfProject('operator'), params: One, reply: Job, status: 202 });
const log = defineRoute({ method: 'GET', path: '/api/jobs/:id/log', summary: 'A job\'s output so far, in pages; with `format=text` all of it after the cursor as plain text', rule: memberOfProject('viewer'), params: One, query: LogPage, reply: pageOf(LogEntry).extend({ complete: z.boolean() }) });
const search = defineRoute({ method: 'GET', path: '/api/jobs/:id/log/search', summary: 'The lines of a job\'s output that hold a text or match a pattern', rule: memberOfProject('viewer'), params: One, query: Search, reply: LogHits });
const details = defineRoute({ method: 'GET', path: '/api/jobs/:id/details', summary: 'The exact script of a job, its variables, and each attempt', rule: memberOfProject('viewer'), params: One, reply: JobDetails });
const follow = defineRoute({ method: 'GET', path: '/api/jobs/:id/stream', summary: 'A job\'s status and output, live; resumes after Last-Event-ID', rule: memberOfProject('viewer'), params: One, query: From, produces: 'text/event-stream' });

/** What a job waits for changes without an event: its agent comes and goes. */
const isSettled = ({ status }: Job): boolean => status !== 'queued';

@Controller()
export class JobController {
  /** A search takes a second of a service that has room for four. */
  readonly #fewAtOnce = fewAtOncePerPerson(3);

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(LiveStreams) private readonly streams: LiveStreams,
    @Inject(Answers) private readonly answers: Answers,
  ) {}

  @Route(create)
  create(@Input() { body }: InputOf<typeof create>, @By() visit: Visit): Promise<Job> {
    return this.requests.call(createJob, { projectId: visit.projectId, jobId: JobId.parse(visit.newId('job')), ...body }, visit.carried);
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit) {
    return this.answers.ask({ definition: listJobs, input: { projectId: visit.projectId, ...query }, isSettled: (page) => page.items.every(isSettled) }, visit);
  }

  @Route(read)
  read(@Input() { params }: InputOf<typeof read>, @By() visit: Visit): Promise<Job> {
    return this.answers.ask({ definition: readJob, input: { projectId: visit.projectId, jobId: params.id }, isSettled }, visit);
  }

  @Route(cancel)
  cancel(@Input() { params }: InputOf<typeof cancel>, @By() visit: Visit): Promise<Job> {
    return this.requests.call(cancelJob, { projectId: visit.projectId, jobId: params.id }, visit.carried);
  }

  @Route(retry)
  retry(@Input() { params }: InputOf<typeof retry>, @By() visit: Visit): Promise<Job> {
    return this.requests.call(retryJob, { projectId: visit.projectId, jobId: params.id, newJobId: JobId.parse(visit.newId(`retry ${params.id}`)) }, visit.carried);
  }

  @Route(log)
  async log(@Input() { params, query }: InputOf<typeof log>, @By() visit: Visit, @Res() reply: FastifyReply): Promise<void> {
    const reads = this.#readsOf(params.id, visit);
    if (query.format === 'text') return await this.streams.tellText(reply, visit, { name: `job-${params.id}.log`, pieces: (signal) => textOfLog(reads, { after: query.cursor, signal }) });
    const { entries, complete } = await reads.log(query.cursor, query.limit);
    await reply.send({ items: entries, nextCursor: complete ? null : String(entries.at(-1)?.cursor ?? query.cursor), complete });
  }

  @Route(search)
  search(@Input() { params, query }: InputOf<typeof search>, @By() visit: Visit): Promise<LogHits> {
    return this.#fewAtOnce(visit, () => this.requests.call(searchJobLog, { projectId: visit.projectId, jobId: params.id, ...query }, visit.carried));
  }

  @Route(details)
  details(@Input() { params }: InputOf<typeof details>, @By() visit: Visit): Promise<JobDetails> {
    return this.requests.call(readJobDetails, { projectId: visit.projectId, jobId: params.id }, visit.carried);
  }

  @Route(follow)
  async follow(@Input() { params, query }: InputOf<typeof follow>, @By() visit: Visit, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const resumed = Cursor.safeParse(request.headers['last-event-id']);
    const after = resumed.success ? resumed.data : query.after;
    const reads = this.#readsOf(params.id, visit);
    // Also the answer to an unknown job, while there is still a status to send.
    const job = await reads.job();
    if (resumed.success && (await hasSeenTheEnd(job, after, reads))) {
      // "No content" is how a browser is told not to connect again.
      await reply.status(204).send();
      return;
    }
    await this.streams.tell(reply, visit, (signal) => this.#live(params.id, { after, reads, signal }));
  }

  async *#live(jobId: JobId, { after, reads, signal }: { after: number; reads: JobReads; signal: AbortSignal }): AsyncGenerator<SseMessage> {
    const changes = new Mailbox<true>(1);
    const subscription = this.nats.subscribe(jobChangedSubject(jobId), { callback: () => changes.put(true) });
    try {
      yield* followJob({ reads, after, signal, changed: (timeoutMs) => changes.take(signal, { timeoutMs }) });
    } finally {
      subscription.unsubscribe();
    }
  }

  #readsOf(jobId: JobId, visit: Visit): JobReads {
    const one = { projectId: visit.projectId, jobId };
    return {
      job: () => this.requests.call(readJob, one, visit.carried),
      log: (after, limit) => this.requests.call(readJobLog, { ...one, after, limit }, visit.carried),
    };
  }
}
