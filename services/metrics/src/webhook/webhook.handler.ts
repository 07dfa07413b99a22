/** Load, decide, append, for one webhook. */
import { fold } from '@citrus/kit-domain';
import { newId, type AppendContext, type EventStore, type UpdateResult } from '@citrus/kit-event-store';
import { webhookDecider, type WebhookCommand, type WebhookState } from './webhook.decider.ts';
import { webhookStream, type WebhookEvent } from './webhook.events.ts';

export class WebhookHandler {
  constructor(private readonly store: EventStore) {}

  async load(webhookId: string): Promise<WebhookState> {
    const { events } = await this.store.load(webhookStream(webhookId));
    return fold(webhookDecider, events as unknown as WebhookEvent[]);
  }

  /** The last position of the log. */
  head(): Promise<number> {
    return this.store.head();
  }

  handle(webhookId: string, command: WebhookCommand, context: Omit<AppendContext, 'commandId'>): Promise<UpdateResult<WebhookState, WebhookEvent>> {
    return this.store.update<WebhookState, WebhookEvent>(webhookStream(webhookId), webhookDecider, (state) => webhookDecider.decide(command, state), { ...context, commandId: newId() });
  }

  /** Who and what stands behind what Citrus does by itself. */
  async traceOf(webhookId: string): Promise<Omit<AppendContext, 'commandId'>> {
    const { events } = await this.store.load(webhookStream(webhookId));
    const [first, last] = [events[0], events.at(-1)];
    return { actor: { kind: 'service', id: 'metrics' }, correlationId: first?.correlationId ?? webhookId, ...(first?.projectId && { projectId: first.projectId }), ...(last && { causationId: last.id }) };
  }
}
