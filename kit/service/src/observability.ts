/** Prometheus metrics of a process, and the counters of the requests it answers. */
import type { ServiceName } from '@citrus/contracts';
import type { Observed } from '@citrus/kit-messaging';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

export const createRegistry = (service: ServiceName): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
};

export const requestObserver = (registry: Registry): ((observed: Observed) => void) => {
  const total = new Counter({ name: 'citrus_requests_total', help: 'Requests answered over NATS', labelNames: ['subject', 'outcome'], registers: [registry] });
  const seconds = new Histogram({ name: 'citrus_request_seconds', help: 'Time to answer a request over NATS', labelNames: ['subject'], buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5], registers: [registry] });
  return ({ subject, outcome, seconds: elapsed }) => {
    total.inc({ subject, outcome });
    seconds.observe({ subject }, elapsed);
  };
};
