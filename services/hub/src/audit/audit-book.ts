/** The hub's only way to the audit: asked by the interceptor for what was done and by the filter for what was not. */
import { AuditTrail, type Logger } from '@citrus/kit-messaging';
import { CLOCK, LOGGER, NATS, REGISTRY } from '@citrus/kit-service';
import type { Clock } from '@citrus/kit-domain';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/nats-core';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { VisitedRequest } from '../http/gate.ts';
import { entryOf, isAudited, type Ended } from './audited.ts';

@Injectable()
export class AuditBook implements BeforeApplicationShutdown {
  readonly #trail: AuditTrail;

  constructor(@Inject(NATS) nats: NatsConnection, @Inject(CLOCK) clock: Clock, @Inject(LOGGER) logger: Logger, @Inject(REGISTRY) registry: Registry) {
    const total = new Counter({ name: 'citrus_audit_entries_total', help: 'Audit entries that NATS took, or that are lost', labelNames: ['result'], registers: [registry] });
    total.inc({ result: 'lost' }, 0);
    this.#trail = new AuditTrail({ nats, service: 'hub', clock, logger, count: (result, entries) => total.inc({ result }, entries) });
    const trail = this.#trail;
    registry.registerMetric(new Gauge({ name: 'citrus_audit_entries_waiting', help: 'Audit entries that wait for NATS', registers: [], collect() { this.set(trail.waiting); } }));
  }

  /** How a request ended; says nothing of what the audit need not know. */
  note(request: VisitedRequest, ended: Ended): void {
    const { asked } = request;
    if (asked && isAudited(asked, ended)) this.#trail.tell(entryOf(asked, ended, { address: request.ip, correlationId: request.id, params: request.params }));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#trail.stop();
  }
}
