import { goldenEvents, goldenStreams } from '@citrus/kit-testing';
import { serverActionsProjection } from './action/action.projection.ts';
import { privateEvents, provisioningEvents } from './events.ts';
import { serverDecider } from './server/server.decider.ts';
import { serversProjection } from './server/server.projection.ts';

goldenEvents('provisioning’s private events', privateEvents, new URL('../golden/', import.meta.url));
goldenStreams({
  folder: new URL('../golden/streams/', import.meta.url),
  events: provisioningEvents,
  deciders: { server: serverDecider, order: null },
  folds: [serversProjection, serverActionsProjection],
});
