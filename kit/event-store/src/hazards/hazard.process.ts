/** What is killed: a writer, a relay, projections or a feed, as a process of its own. Bundled and started by `child.ts`. */
import { connect } from '@nats-io/transport-node';
import { LogPage, LogRead } from '@citrus/contracts';
import { startWakeUp } from '../database/wake-up.ts';
import type { Logger } from '../event-store.port.ts';
import { startFeed } from '../feed/feed.ts';
import { startProjections } from '../projection/run-projections.ts';
import { NotTaken } from '../relay/publish.ts';
import { startRelay } from '../relay/relay.ts';
import { uuidFrom } from '../uuid.ts';
import { chanceOf } from './chance.ts';
import { doEach, openHazardLog, totals } from './hazard-log.ts';
import { write } from './writer.ts';

export type Role = { readonly databaseUrl: string } & (
  | { readonly role: 'writer'; readonly seed: number }
  /** Leads by a lock in a database of its own when one is given, and so beside another leader. Tells each time that another one was there first. */
  | { readonly role: 'relay'; readonly natsUrl: string; readonly lockUrl?: string; readonly batches?: boolean }
  | { readonly role: 'projections' }
  | { readonly role: 'feed'; readonly natsUrl: string; readonly lockUrl?: string }
);

const role = JSON.parse(process.argv[2] ?? '') as Role;
const log = openHazardLog(role.databaseUrl);
/** For as long as the parent lives. */
process.on('disconnect', () => process.exit());
const for_ever = new AbortController().signal;
/** Of what a relay says. */
const tellNotTaken: Logger = { info: () => undefined, error: () => undefined, warn: (details) => void ('err' in details && details.err instanceof NotTaken && process.send?.('not-taken')) };
const connectTo = (url: string) => connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 50, waitOnFirstConnect: true });

switch (role.role) {
  case 'writer':
    await write({ store: log.store, chance: chanceOf(role.seed), tell: (outcome) => process.send?.(outcome) }, for_ever);
    break;
  case 'relay':
    startRelay({ databaseUrl: role.lockUrl ?? role.databaseUrl, pool: log.pool, nats: await connectTo(role.natsUrl), service: 'provisioning', logger: tellNotTaken, wakeUp: startWakeUp({ databaseUrl: role.databaseUrl }), ...(role.batches !== undefined && { batches: role.batches }) });
    break;
  case 'projections':
    startProjections({ db: log.db, pool: log.pool, store: log.store, projections: [totals, doEach], wakeUp: startWakeUp({ databaseUrl: role.databaseUrl }) });
    break;
  case 'feed':
    startFeed({
      databaseUrl: role.lockUrl ?? role.databaseUrl, db: log.db, nats: await connectTo(role.natsUrl), source: 'provisioning', consumer: 'hazard-feed',
      requests: { call: async (definition, input) => definition.reply.parse(LogPage.parse(await log.store.read(LogRead.parse(input)))) },
      // An effect that is not undone by a crash, keyed by its cause.
      handle: async ({ id, stream, position, correlationId }) => {
        if (stream.startsWith('effect-')) return;
        await log.store.append({ stream: `effect-${position}`, expected: 'any', events: [{ type: 'Done', data: { position } }], context: { commandId: uuidFrom('hazard-feed', id), actor: { kind: 'service', id: 'hazard-feed' }, correlationId } });
      },
    });
}
