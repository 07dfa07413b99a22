/** The hub's door for agents, before they have a NATS credential, and the list of them for people. */
import { Agent, AgentWelcome, EnrolAgent, listAgents, PageRequest, pageOf, readCommandKeys, redeemEnrolment, RenewAgent, renewAgentCredential, ServerId } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { anyone, defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { Presence, PresenceView } from '../presence/presence.ts';

const AgentWithPresence = Agent.extend(PresenceView.shape);
const Filter = z.strictObject({ serverId: ServerId.optional(), ...PageRequest });

/** What is told apart before it is looked at: made-up ones cost their maker the tries of his address. */
const textIn = (body: unknown, name: string): string | undefined => {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
};

const enrol = defineRoute({ method: 'POST', path: '/api/agents/enrol', summary: 'Exchange a one-time token for an agent credential', rule: anyone('the one-time token and the signed proof are the rule'), body: EnrolAgent, reply: AgentWelcome, limitedBy: (body) => textIn(body, 'token') });
const renew = defineRoute({ method: 'POST', path: '/api/agents/renew', summary: 'Renew an agent credential by proof of its key', rule: anyone('the signed proof is the rule'), body: RenewAgent, reply: AgentWelcome, limitedBy: (body) => textIn(body, 'nkey') });
const list = defineRoute({ method: 'GET', path: '/api/agents', summary: 'The agents of a project', rule: memberOfProject('viewer'), query: Filter, reply: pageOf(AgentWithPresence) });

@Controller()
export class AgentController {
  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(Presence) private readonly presence: Presence,
  ) {}

  /** The keys are asked for first: a token must not be spent on an answer that cannot be completed. */
  @Route(enrol)
  async enrol(@Input() { body }: InputOf<typeof enrol>, @By() visit: Visit): Promise<AgentWelcome> {
    const { keys } = await this.requests.call(readCommandKeys, {}, visit.carried);
    return { ...(await this.requests.call(redeemEnrolment, { ...body, address: visit.address }, visit.carried)), signingKeys: keys };
  }

  @Route(renew)
  async renew(@Input() { body }: InputOf<typeof renew>, @By() visit: Visit): Promise<AgentWelcome> {
    const { keys } = await this.requests.call(readCommandKeys, {}, visit.carried);
    return { ...(await this.requests.call(renewAgentCredential, { ...body, address: visit.address }, visit.carried)), signingKeys: keys };
  }

  @Route(list)
  async list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit) {
    const { items, nextCursor } = await this.requests.call(listAgents, { projectId: visit.projectId, ...query }, visit.carried);
    return { items: items.map((agent) => ({ ...agent, ...this.presence.of(agent.id) })), nextCursor };
  }
}
