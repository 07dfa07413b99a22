/** What Nest needs for everything that is done with servers that are there. */
import type { Clock } from '@citrus/kit-domain';
import type { Projections } from '@citrus/kit-event-store';
import { CLOCK, DATABASE, PROJECTIONS } from '@citrus/kit-service';
import type { Provider } from '@nestjs/common';
import type { Clouds } from '../provider/clouds.ts';
import type { ServerHandler } from '../server/server.handler.ts';
import type { ServerLoop } from '../server/server-loop.ts';
import type { ServerProcess } from '../server/server.process.ts';
import type { ServerQueries } from '../server/server.queries.ts';
import { ACTION_QUERIES, CLOUDS, SERVER_ACTIONS, SERVER_HANDLER, SERVER_LOOP, SERVER_PROCESS, SERVER_QUERIES } from '../tokens.ts';
import { openActionQueries, type ActionQueries } from './action.queries.ts';
import { createServerActions } from './server-actions.ts';

export const actionProviders: Provider[] = [
  { provide: ACTION_QUERIES, inject: [DATABASE], useFactory: openActionQueries },
  {
    provide: SERVER_ACTIONS,
    inject: [SERVER_HANDLER, SERVER_PROCESS, PROJECTIONS, SERVER_QUERIES, ACTION_QUERIES, CLOUDS, CLOCK, SERVER_LOOP],
    // oxlint-disable-next-line max-params -- Nest gives factories their dependencies one by one
    useFactory: (handle: ServerHandler, process: ServerProcess, projections: Projections, servers: ServerQueries, actions: ActionQueries, clouds: Clouds, now: Clock, loop: ServerLoop) =>
      createServerActions({ handle, load: process.load, projections, servers, actions, clouds, now, wake: () => loop.wake() }),
  },
];
