/** Load, decide, append, for one bundle. What it does by itself names what came before as its cause. */
import { fold } from '@citrus/kit-domain';
import { newId, type AppendContext, type EventStore, type UpdateResult } from '@citrus/kit-event-store';
import { SERVICE } from '../actors.ts';
import { bundleDecider, type BundleCommand, type BundleState } from './bundle.decider.ts';
import { bundleStream, type BundleEvent } from './bundle.events.ts';

type Handled = UpdateResult<BundleState, BundleEvent>;

export class BundleHandler {
  constructor(private readonly store: EventStore) {}

  async load(installedBundleId: string): Promise<BundleState> {
    const { events } = await this.store.load(bundleStream(installedBundleId));
    return fold(bundleDecider, events as unknown as BundleEvent[]);
  }

  /** The last position of the log. */
  head(): Promise<number> {
    return this.store.head();
  }

  handle(installedBundleId: string, command: BundleCommand, context: AppendContext): Promise<Handled> {
    return this.store.update(bundleStream(installedBundleId), bundleDecider, (state) => bundleDecider.decide(command, state), context);
  }

  /** What its own progress asks for. */
  async proceed(installedBundleId: string, command: BundleCommand): Promise<Handled> {
    return await this.handle(installedBundleId, command, { ...(await this.traceOf(installedBundleId)), commandId: newId() });
  }

  /** Who and what stands behind what the bundle does by itself. */
  async traceOf(installedBundleId: string): Promise<Omit<AppendContext, 'commandId'>> {
    const { events } = await this.store.load(bundleStream(installedBundleId));
    const [first, last] = [events[0], events.at(-1)];
    return {
      actor: SERVICE, correlationId: first?.correlationId ?? installedBundleId,
      ...(first?.projectId && { projectId: first.projectId }), ...(first?.traceparent && { traceparent: first.traceparent }), ...(last && { causationId: last.id }),
    };
  }
}
