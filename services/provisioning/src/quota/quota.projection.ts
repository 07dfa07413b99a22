/** The read model `project_quotas`: a project's limits, and how far its stream is, which an admission must follow on. */
import { aggregateIdOf } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import { quotaEvents, type QuotaEvent } from './quota.events.ts';

type QuotaRow = { project_id: string; servers: number | null; creations_per_hour: number | null; stream_version: number };

export const projectQuotasProjection = defineFold<QuotaRow>({
  name: 'project_quotas',
  version: 1,
  table: 'project_quotas',
  key: ['project_id'],
  handles: Object.keys(quotaEvents),
  keyOf: ({ stream }) => [aggregateIdOf(stream)],
  evolve: (row, envelope) => {
    const event = envelope as unknown as QuotaEvent;
    const before = row ?? { project_id: aggregateIdOf(envelope.stream), servers: null, creations_per_hour: null };
    const limits = event.type === 'QuotaChanged' ? { servers: event.data.servers, creations_per_hour: event.data.creationsPerHour } : {};
    return { ...before, ...limits, stream_version: envelope.streamVersion };
  },
});
