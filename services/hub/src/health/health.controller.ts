/** How the whole system is, for people; it always answers, whatever is down. Metrics are on the management port (`exposition.ts`). */
import { readHealthOf, ServiceName, type ServiceHealth } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { READINESS, REQUESTS, type Readiness } from '@citrus/kit-service';
import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { anyone, defineRoute, Route } from '../http/route.ts';

const HealthOfOne = z.object({ status: z.enum(['ready', 'starting', 'down']), detail: z.string().optional() });
const Health = z.object({ status: z.enum(['ok', 'degraded']), services: z.record(ServiceName, HealthOfOne) });

const ANSWER_WITHIN_MS = 1000;

const health = defineRoute({ method: 'GET', path: '/api/health', summary: 'How every service is; 503 when one is not ready', rule: anyone('says nothing about anybody\'s servers'), reply: Health });

@Controller()
export class HealthController {
  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(READINESS) private readonly readiness: Readiness,
  ) {}

  @Route(health)
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<z.infer<typeof Health>> {
    const answers = await Promise.all(ServiceName.options.map(async (service) => [service, await this.#healthOf(service)] as const));
    const isWell = answers.every(([, { status }]) => status === 'ready');
    void reply.status(isWell ? 200 : 503).header('cache-control', 'no-store');
    return { status: isWell ? 'ok' : 'degraded', services: Object.fromEntries(answers) as z.infer<typeof Health>['services'] };
  }

  async #healthOf(service: ServiceName): Promise<z.infer<typeof HealthOfOne>> {
    if (service === 'hub') {
      const { isReady, detail } = this.readiness.verdict;
      return { status: isReady ? 'ready' : 'starting', ...(detail && { detail }) };
    }
    try {
      const { status, detail }: ServiceHealth = await this.requests.call(readHealthOf(service), {}, { timeoutMs: ANSWER_WITHIN_MS });
      return { status, ...(detail && { detail }) };
    } catch (error) {
      return { status: 'down', detail: error instanceof Unavailable ? error.message : `The ${service} service gave an answer that makes no sense.` };
    }
  }
}
