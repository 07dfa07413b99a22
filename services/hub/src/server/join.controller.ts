/** Machines that are there already: whoever may make servers gets the command that joins one. It is shown to nobody else, and never again. */
import { JobId, JoinInvitation, joinServer, JoinSpec, renewJoinToken, ServerId } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const join = defineRoute({
  method: 'POST', path: '/api/servers/join', summary: 'Get the command that joins an existing machine as a server', rule: memberOfProject('operator'), body: JoinSpec, reply: JoinInvitation, status: 202,
});
const renew = defineRoute({
  method: 'POST', path: '/api/servers/:id/join-token', summary: 'A new command for a machine to join, or to join anew; the one before becomes void', rule: memberOfProject('operator'),
  params: z.strictObject({ id: ServerId }), reply: JoinInvitation, status: 202,
});

@Controller()
export class JoinController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(join)
  join(@Input() { body: spec }: InputOf<typeof join>, @By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply): Promise<JoinInvitation> {
    void reply.header('cache-control', 'no-store');
    const ids = { serverId: ServerId.parse(visit.newId('server')), jobId: JobId.parse(visit.newId('provisioning')) };
    return this.requests.call(joinServer, { projectId: visit.projectId, ...ids, spec }, visit.carried);
  }

  @Route(renew)
  renew(@Input() { params }: InputOf<typeof renew>, @By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply): Promise<JoinInvitation> {
    void reply.header('cache-control', 'no-store');
    return this.requests.call(renewJoinToken, { projectId: visit.projectId, serverId: params.id }, visit.carried);
  }
}
