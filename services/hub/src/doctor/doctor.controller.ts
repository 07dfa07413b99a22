/** How every service stands, for those who run the installation, and what they do with events that a feed has parked. What does not answer is told as such. */
import {
  Consumer, listParkedOf, ParkedEvent, readServiceReportOf, retryParkedOf, ServiceName, ServiceReport, skipParkedOf, SkipReason, STORING_SERVICES, StoringService,
} from '@citrus/contracts';
import { Unavailable, type Clock } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, NATS, READINESS, REGISTRY, REQUESTS, reportOf, type Readiness } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/nats-core';
import { Controller, Inject } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { HubConfig } from '../config.ts';
import { By, Input } from '../http/input.ts';
import { administrator, defineRoute, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

/** `report` null: it did not answer; `problem` says how. */
const Answer = z.object({ service: ServiceName, report: ServiceReport.nullable(), problem: z.string().nullable() });
const Parked = ParkedEvent.extend({ service: StoringService });
type Parked = z.infer<typeof Parked>;
const Left = z.object({ left: z.int() });

const ofFeed = z.strictObject({ service: StoringService, consumer: Consumer });
const ofEvent = ofFeed.extend({ position: z.coerce.number().int().min(1) });

const read = defineRoute({ method: 'GET', path: '/api/doctor', summary: 'How every service stands: readers of logs, database, broker, disk, clock, keys', rule: administrator, reply: z.object({ at: z.string(), services: z.array(Answer) }) });
const parked = defineRoute({ method: 'GET', path: '/api/doctor/parked', summary: 'Events that a feed could not handle', rule: administrator, reply: z.object({ items: z.array(Parked) }) });
const retry = defineRoute({ method: 'POST', path: '/api/doctor/parked/:service/:consumer/retry', summary: 'Try the parked events of a feed again, in order', rule: administrator, params: ofFeed, reply: Left });
const skip = defineRoute({
  method: 'POST', path: '/api/doctor/parked/:service/:consumer/:position/skip', summary: 'Have a feed do without a parked event for ever; who, when and why is kept', rule: administrator, params: ofEvent, body: z.strictObject({ reason: SkipReason }), reply: Left,
});

/** A report waits three seconds at most for what may be away. */
const REPORT_WITHIN_MS = 6000;
/** Many parked events may be tried. */
const RETRY_WITHIN_MS = 60_000;

@Controller()
export class DoctorController {
  // oxlint-disable-next-line max-params -- the hub reports of itself, too
  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(REGISTRY) private readonly registry: Registry,
    @Inject(READINESS) private readonly readiness: Readiness,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: HubConfig,
  ) {}

  @Route(read)
  async read(@By() visit: Visit): Promise<z.infer<(typeof read)['reply']>> {
    const others = STORING_SERVICES.map((service) => this.#asked(service, visit));
    return { at: this.clock().toISOString(), services: await Promise.all([...others, this.#own()]) };
  }

  @Route(parked)
  async parked(@By() visit: Visit): Promise<{ items: Parked[] }> {
    const lists = await Promise.all(STORING_SERVICES.map(async (service) => (await this.requests.call(listParkedOf(service), {}, visit.carried)).items.map((item) => ({ service, ...item }))));
    return { items: lists.flat() };
  }

  @Route(retry)
  retry(@Input() { params: { service, consumer } }: InputOf<typeof retry>, @By() visit: Visit): Promise<{ left: number }> {
    return this.requests.call(retryParkedOf(service), { consumer }, { ...visit.carried, timeoutMs: RETRY_WITHIN_MS });
  }

  @Route(skip)
  skip(@Input() { params: { service, consumer, position }, body: { reason } }: InputOf<typeof skip>, @By() visit: Visit): Promise<{ left: number }> {
    return this.requests.call(skipParkedOf(service), { consumer, position, reason }, { ...visit.carried, timeoutMs: RETRY_WITHIN_MS });
  }

  async #own(): Promise<z.infer<typeof Answer>> {
    const { nats, registry, readiness, clock } = this;
    return { service: 'hub', report: await reportOf({ service: 'hub', nats, registry, readiness, clock, credsFile: this.config.CITRUS_NATS_CREDS_FILE }), problem: null };
  }

  async #asked(service: StoringService, visit: Visit): Promise<z.infer<typeof Answer>> {
    try {
      return { service, report: await this.requests.call(readServiceReportOf(service), {}, { ...visit.carried, timeoutMs: REPORT_WITHIN_MS }), problem: null };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return { service, report: null, problem: error.message };
    }
  }
}
