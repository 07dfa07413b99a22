/** Which agents answer, asked of the agents themselves; presence only tells what the broker believes. */
import { AgentsPinged, MOST_SERVERS_IN_A_PING, pingAgents, PingWait, plainText } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { meantServers } from '../server/meant-servers.ts';

/** To ask ten thousand takes seconds by itself. */
const TO_ASK_ALL_MS = 30_000;

const Ping = z.strictObject({
  /** Which servers; docs/reference/server-filter.md. All if left out. */
  filter: plainText(1000).optional(), waitMs: PingWait,
});
const ping = defineRoute({ method: 'POST', path: '/api/agents/ping', summary: 'Ask agents whether they are there, with a signed command each', rule: memberOfProject('operator'), body: Ping, reply: AgentsPinged });

@Controller()
export class PingController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(ping)
  async ping(@Input() { body: { filter, waitMs } }: InputOf<typeof ping>, @By() visit: Visit): Promise<AgentsPinged> {
    const meant = filter === undefined ? undefined : await meantServers(this.requests, { filter, most: MOST_SERVERS_IN_A_PING, of: 'one ping' }, visit);
    const asked = { projectId: visit.projectId, waitMs, ...(meant && { serverIds: meant.map(({ id }) => id) }) };
    return this.requests.call(pingAgents, asked, { ...visit.carried, timeoutMs: waitMs + TO_ASK_ALL_MS });
  }
}
