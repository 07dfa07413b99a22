/** Servers: asked for here, made by provisioning, with the presence that only the hub knows. */
import { createServer, deleteServer, JobId, listServers, PageRequest, pageOf, plainText, readServer, readServerSamples, retryServer, Server, ServerId, ServerStatus, ServerWish, Instant } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { Answers } from '../answer/answers.ts';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { Presence, PresenceView } from '../presence/presence.ts';

const ServerView = Server.extend(PresenceView.shape);
const One = z.strictObject({ id: ServerId });
const Filter = z.strictObject({
  status: ServerStatus.optional(), name: plainText(64).optional(), region: plainText(64).optional(), tag: plainText(255).optional(),
  sort: z.enum(['name', 'createdAt', '-name', '-createdAt']).default('-createdAt'), ...PageRequest,
});
const Period = z.strictObject({ from: Instant.optional(), to: Instant.optional(), limit: z.coerce.number().int().min(1).max(2000).default(360) });

const create = defineRoute({ method: 'POST', path: '/api/servers', summary: 'Create a server', rule: memberOfProject('operator'), body: ServerWish, reply: ServerView, status: 202 });
const list = defineRoute({ method: 'GET', path: '/api/servers', summary: 'The servers of a project', rule: memberOfProject('viewer'), query: Filter, reply: pageOf(ServerView), isTagged: true });
const read = defineRoute({ method: 'GET', path: '/api/servers/:id', summary: 'One server', rule: memberOfProject('viewer'), params: One, reply: ServerView, isTagged: true });
const remove = defineRoute({ method: 'DELETE', path: '/api/servers/:id', summary: 'Delete a server and its droplet', rule: memberOfProject('operator'), params: One, reply: ServerView, status: 202 });
const retry = defineRoute({ method: 'POST', path: '/api/servers/:id/retry', summary: 'Try a failed server again', rule: memberOfProject('operator'), params: One, reply: ServerView, status: 202 });
const samples = defineRoute({ method: 'GET', path: '/api/servers/:id/metrics', summary: 'Samples of CPU, memory, disk and network', rule: memberOfProject('viewer'), params: One, query: Period, reply: readServerSamples.reply });

/** Its place in the queue, and what the cloud's limit has to do with it, change without an event. */
const isSettled = ({ queue }: Server): boolean => !queue;

@Controller()
export class ServerController {
  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(Presence) private readonly presence: Presence,
    @Inject(Answers) private readonly answers: Answers,
  ) {}

  @Route(create)
  async create(@Input() { body: spec }: InputOf<typeof create>, @By() visit: Visit) {
    const ids = { serverId: ServerId.parse(visit.newId('server')), jobId: JobId.parse(visit.newId('provisioning')) };
    return this.#view(await this.requests.call(createServer, { projectId: visit.projectId, ...ids, spec }, visit.carried));
  }

  @Route(list)
  async list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit) {
    const page = await this.answers.ask({ definition: listServers, input: { projectId: visit.projectId, ...query }, isSettled: ({ items }) => items.every(isSettled) }, visit);
    return this.presence.joined(page, ({ items, nextCursor }) => ({ items: items.map((server) => this.#view(server)), nextCursor }));
  }

  @Route(read)
  async read(@Input() { params }: InputOf<typeof read>, @By() visit: Visit) {
    return this.#view(await this.answers.ask({ definition: readServer, input: { projectId: visit.projectId, serverId: params.id }, isSettled }, visit));
  }

  @Route(remove)
  async remove(@Input() { params }: InputOf<typeof remove>, @By() visit: Visit) {
    return this.#view(await this.requests.call(deleteServer, { projectId: visit.projectId, serverId: params.id }, visit.carried));
  }

  @Route(retry)
  async retry(@Input() { params }: InputOf<typeof retry>, @By() visit: Visit) {
    return this.#view(await this.requests.call(retryServer, { projectId: visit.projectId, serverId: params.id }, visit.carried));
  }

  @Route(samples)
  samples(@Input() { params, query }: InputOf<typeof samples>, @By() visit: Visit) {
    return this.requests.call(readServerSamples, { projectId: visit.projectId, serverId: params.id, ...query }, visit.carried);
  }

  #view(server: Server): z.infer<typeof ServerView> {
    return { ...server, ...this.presence.of(server.agentId) };
  }
}
