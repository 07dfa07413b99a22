/** Who may take trust back from agents, and what is known of it. */
import { AgentTrust, AgentTrustStatus, listAgentTrust, PageRequest, pageOf, RevokeAgents, revokeAgents, ServerId } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

/** Hundreds of them at once, on a machine that is busy. */
const TIMEOUT_MS = 30_000;

const Filter = z.strictObject({ status: AgentTrustStatus.optional(), serverId: ServerId.optional(), ...PageRequest });

const revoke = defineRoute({ method: 'POST', path: '/api/agents/revoke', summary: 'Put agents out within seconds: their keys are never let in again', rule: memberOfProject('admin'), body: RevokeAgents, reply: revokeAgents.reply });
const list = defineRoute({ method: 'GET', path: '/api/agents/trust', summary: 'Which agents are trusted, which were revoked, and what looked wrong', rule: memberOfProject('viewer'), query: Filter, reply: pageOf(AgentTrust) });

@Controller()
export class AgentTrustController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(revoke)
  revoke(@Input() { body }: InputOf<typeof revoke>, @By() visit: Visit) {
    return this.requests.call(revokeAgents, { projectId: visit.projectId, ...body }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit) {
    return this.requests.call(listAgentTrust, { projectId: visit.projectId, ...query }, visit.carried);
  }
}
