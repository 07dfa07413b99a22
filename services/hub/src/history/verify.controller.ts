/** "Is the log what was written?": for administrators, with progress, because a long log takes a while. */
import { LOGGED_SERVICES, LoggedService, LogProblem, LogVerification, verifyLogOf } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { administrator, defineRoute, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { LiveStreams } from '../live/live-streams.ts';
import { limitedPerPerson } from './heavy-calls.ts';
import { NDJSON } from './ndjson.ts';
import { verifyLines } from './verify.ts';

const TIMEOUT_MS = 60_000;

const Which = z.strictObject({ service: LoggedService.optional() });
const Line = z.union([
  z.object({ progress: z.object({ service: LoggedService, position: z.int(), head: z.int() }) }),
  z.object({
    result: z.object({
      service: LoggedService, ok: z.boolean(), position: z.int(), hash: z.string(),
      seals: LogVerification.shape.seals, problems: z.array(LogProblem),
    }),
  }),
]);
const verify = defineRoute({
  method: 'GET', path: '/api/history/verify', summary: 'Prove that the logs were not changed: progress, then a result for each; a last line may be a problem', rule: administrator,
  query: Which, reply: Line, produces: NDJSON,
});

@Controller()
export class VerifyController {
  readonly #limit = limitedPerPerson({ burst: 3, perSecond: 0.05 });

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(LiveStreams) private readonly streams: LiveStreams,
  ) {}

  @Route(verify)
  async verify(@Input() { query }: InputOf<typeof verify>, @By() visit: Visit, @Res() reply: FastifyReply): Promise<void> {
    this.#limit(visit);
    const services = query.service ? [query.service] : LOGGED_SERVICES;
    await this.streams.tellLines(reply, visit, (signal) =>
      verifyLines(services, (service, asked) => this.requests.call(verifyLogOf(service), asked, { ...visit.carried, timeoutMs: TIMEOUT_MS }), signal));
  }
}
