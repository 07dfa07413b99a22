/** The history as a file: one event a line, in the order of time over all logs. */
import { plainText } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { FeedEventShape, filterOf, narrowing, readPage, servicesOf, vectorOf } from '../event/log-reader.ts';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberAnywhere, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { LiveStreams } from '../live/live-streams.ts';
import { exportLines } from './export.ts';
import { limitedPerPerson } from './heavy-calls.ts';
import { NDJSON } from './ndjson.ts';

const PAGE = 1000;

const Filter = z.strictObject({
  ...narrowing,
  /** Go on after these positions, `<service>:<position>` separated by commas: those of the last events that came. */
  after: plainText(512).optional(),
});
const exportEvents = defineRoute({
  method: 'GET', path: '/api/history/export', summary: 'All events that match, one a line; complete, or the last line is a problem', rule: memberAnywhere('analyst'),
  query: Filter, reply: FeedEventShape, produces: NDJSON,
});

@Controller()
export class ExportController {
  readonly #limit = limitedPerPerson({ burst: 5, perSecond: 0.1 });

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(LiveStreams) private readonly streams: LiveStreams,
  ) {}

  @Route(exportEvents)
  async export(@Input() { query }: InputOf<typeof exportEvents>, @By() visit: Visit, @Res() reply: FastifyReply): Promise<void> {
    const after = vectorOf(query.after ?? '', 'after');
    this.#limit(visit);
    const page = readPage(this.requests, visit);
    const filter = filterOf(query);
    await this.streams.tellLines(reply, visit, (signal) =>
      exportLines({ services: servicesOf(query), after, signal, read: (service, position) => page(service, { ...filter, after: position, limit: PAGE, direction: 'forward' }) }));
  }
}
