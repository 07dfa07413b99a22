/** The history for people that every logged service offers: part of `loggedServiceModule`. */
import type { LoggedService } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import { createUpcaster, replayLog, startLinkKeeper, type EventStore, type EventVersions, type LinkKeeper, type WakeUp } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule, type Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import { CLOCK, DATABASE, EVENT_STORE, LINK_KEEPER, LOGGER, PAST_STATES, POOL, WAKE_UP } from '../tokens.ts';
import type { Replay } from './folded-states.ts';
import { historyControllerOf } from './history.controller.ts';
import { openPastStates } from './past-states.ts';
import type { ReadModel } from './read-model.ts';

export type HistoryOptions = { readonly service: LoggedService; readonly readModels: readonly ReadModel[]; readonly versions: EventVersions };

const replayOf = (pool: Pool, versions: EventVersions): Replay => {
  const { upcast } = createUpcaster(versions);
  return async function* (asked) {
    for await (const { events, through } of replayLog(pool, { ...asked, proof: false })) yield { events: events.map((event) => upcast(event.envelope())), through };
  };
};

const providersOf = ({ readModels, versions }: HistoryOptions): Provider[] => [
  {
    provide: LINK_KEEPER,
    // The store is there when the log is.
    inject: [DATABASE, WAKE_UP, LOGGER, EVENT_STORE],
    useFactory: (db: Kysely<unknown>, wakeUp: WakeUp, logger: Logger) => startLinkKeeper({ db, wakeUp, logger }),
  },
  {
    provide: PAST_STATES,
    inject: [EVENT_STORE, POOL, CLOCK],
    useFactory: (store: EventStore, pool: Pool, clock: Clock) => openPastStates({ readModels, store, replay: replayOf(pool, versions), clock }),
  },
];

@Module({})
export class HistoryModule implements BeforeApplicationShutdown {
  constructor(@Inject(LINK_KEEPER) private readonly links: LinkKeeper) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.links.stop();
  }

  static with(options: HistoryOptions): DynamicModule {
    return { module: HistoryModule, providers: providersOf(options), controllers: [historyControllerOf(options.service)] };
  }
}
