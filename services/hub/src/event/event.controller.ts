/** History for people: what happened in all logs, page by page and live, never beyond the caller's own projects. */
import { formatVector, LOGGED_SERVICES, LoggedService, plainText, readLinksOf, type EventEnvelope, type LogVector } from '@citrus/contracts';
import { NotFound, Unavailable } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { fewAtOncePerPerson } from '../history/heavy-calls.ts';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberAnywhere, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { LiveStreams } from '../live/live-streams.ts';
import { Mailbox } from '../live/mailbox.ts';
import type { SseMessage, TellNow } from '../live/sse.ts';
import { followEvents, type LiveSignal } from './follow-events.ts';
import { LiveEvents } from './live-events.ts';
import { FeedEventShape, filterOf, narrowing, readPage, servicesOf, vectorOf } from './log-reader.ts';
import { mergeStretches, type Direction, type FeedEvent, type Stretch } from './merge.ts';

const Filter = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: plainText(512).optional(),
  /** The newest first, unless asked for. */
  direction: z.enum(['forward', 'backward']).default('backward'),
  ...narrowing,
});
const Page = z.object({
  items: z.array(FeedEventShape),
  nextCursor: z.string().nullable(),
  /** Where the logs ended when this was read: follow them live after it and nothing is missed. */
  liveCursor: z.string(),
});
const From = z.strictObject({ after: z.string().max(512).optional() });
const Place = z.strictObject({ service: LoggedService, position: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });
const ById = z.strictObject({ eventId: z.uuid() });

const list = defineRoute({ method: 'GET', path: '/api/events', summary: 'What happened, in all logs', rule: memberAnywhere('analyst'), query: Filter, reply: Page });
const follow = defineRoute({ method: 'GET', path: '/api/events/stream', summary: 'What happens, live; resumes after Last-Event-ID', rule: memberAnywhere('analyst'), query: From, produces: 'text/event-stream' });
const readById = defineRoute({ method: 'GET', path: '/api/events/by-id/:eventId', summary: 'One event, by its id', rule: memberAnywhere('analyst'), params: ById, reply: FeedEventShape });
const read = defineRoute({ method: 'GET', path: '/api/events/:service/:position', summary: 'One event, by its place in a log', rule: memberAnywhere('analyst'), params: Place, reply: FeedEventShape });

const MOST_WAITING_EVENTS = 1000;
/** A service's answer has up to 0.7 MB; a page of a thousand large events must not take hundreds of megabytes here. */
const MOST_ANSWERS_A_PAGE = 4;

const unknownEvent = () => new NotFound('event.unknown', 'There is no such event in your projects.');

@Controller()
export class EventController {
  /** As many as a browser asks one server for. */
  readonly #fewAtOnce = fewAtOncePerPerson(6);

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(LiveEvents) private readonly live: LiveEvents,
    @Inject(LiveStreams) private readonly streams: LiveStreams,
  ) {}

  @Route(list)
  async list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof Page>> {
    const from = query.cursor ? vectorOf(query.cursor, 'cursor') : {};
    const stretches = await this.#fewAtOnce(visit, () => Promise.all(servicesOf(query).map((service) => this.#stretch(service, query, { from: from[service], visit }))));
    const { items, next } = mergeStretches(stretches, { limit: query.limit, direction: query.direction, from });
    const heads = Object.fromEntries(stretches.map(({ service, head }) => [service, head])) as LogVector;
    return { items, nextCursor: next ? formatVector(next) : null, liveCursor: formatVector(heads) };
  }

  @Route(follow)
  async follow(@Input() { query }: InputOf<typeof follow>, @By() visit: Visit, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const resumed = request.headers['last-event-id'];
    const after = typeof resumed === 'string' && resumed ? vectorOf(resumed, 'Last-Event-ID') : vectorOf(query.after ?? '', 'after');
    const from = { ...(await this.#headsBeyond(after, visit)), ...after };
    await this.streams.tell(reply, visit, (signal, tellNow) => this.#follow(from, visit, { signal, tellNow }));
  }

  @Route(readById)
  async readById(@Input() { params }: InputOf<typeof readById>, @By() visit: Visit): Promise<FeedEvent> {
    const ask = async (service: LoggedService): Promise<FeedEvent[]> => {
      const { links } = await this.requests.call(readLinksOf(service), { ids: [params.eventId], causedBy: [], limit: 1 }, visit.carried);
      return links.flatMap(({ event }) => event ?? []).map((event) => ({ service, ...event }));
    };
    const answers = await Promise.allSettled(LOGGED_SERVICES.map(ask));
    const [event] = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (event) return event;
    // A log that does not answer may be the one that has it.
    const failed = answers.find((answer) => answer.status === 'rejected');
    throw failed ? failed.reason : unknownEvent();
  }

  @Route(read)
  async read(@Input() { params: { service, position } }: InputOf<typeof read>, @By() visit: Visit): Promise<FeedEvent> {
    const { events } = await readPage(this.requests, visit)(service, { after: position - 1, before: position + 1, limit: 1, direction: 'forward' });
    const [event] = events;
    if (!event) throw unknownEvent();
    return { service, ...event };
  }

  async *#follow(from: LogVector, visit: Visit, { signal, tellNow }: { signal: AbortSignal; tellNow: TellNow }): AsyncGenerator<SseMessage> {
    const mine = new Set(visit.caller.memberships.map(({ projectId }) => projectId));
    const live = new Mailbox<LiveSignal>(MOST_WAITING_EVENTS);
    // Listening before reading: what happens in between is then told twice to us and once to the reader.
    const leave = this.live.add(live);
    try {
      const page = readPage(this.requests, visit);
      const readAfter = (service: LoggedService, position: number) => page(service, { after: position, limit: 200, direction: 'forward' });
      yield* followEvents({ read: readAfter, headOf: (service) => this.#headOf(service, visit), from, live, signal, tellNow, isVisible: ({ projectId }) => projectId !== undefined && mine.has(projectId) });
    } finally {
      leave();
    }
  }

  /** Logs that the cursor does not name are followed from now on; one that does not answer, from when it does. */
  async #headsBeyond(after: LogVector, visit: Visit): Promise<LogVector> {
    const heads: LogVector = {};
    await Promise.all(LOGGED_SERVICES.filter((service) => after[service] === undefined).map(async (service) => {
      try {
        heads[service] = await this.#headOf(service, visit);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
      }
    }));
    return heads;
  }

  async #headOf(service: LoggedService, visit: Visit): Promise<number> {
    return (await readPage(this.requests, visit)(service, { limit: 1, direction: 'backward' })).head;
  }

  /** As many events as a page needs, or all that there are, or as many as a few answers hold; the service cuts them by size. */
  async #stretch(service: LoggedService, asked: z.infer<typeof Filter>, { from, visit }: { from: number | undefined; visit: Visit }): Promise<Stretch> {
    const { limit, direction } = asked;
    const filter = { ...filterOf(asked), direction };
    const events: EventEnvelope[] = [];
    let [head, position, isExhausted] = [0, from, false];
    for (let answers = 0; !isExhausted && events.length < limit && answers < MOST_ANSWERS_A_PAGE; answers += 1) {
      const page = await readPage(this.requests, visit)(service, { ...filter, limit: limit - events.length, ...placeOf(direction, position) });
      events.push(...page.events);
      head ||= page.head;
      position = page.events.at(-1)?.position ?? position;
      isExhausted = page.events.length === 0;
    }
    return { service, events, isExhausted, head };
  }
}

const placeOf = (direction: Direction, position: number | undefined) => (position === undefined ? {} : direction === 'forward' ? { after: position } : { before: Math.max(1, position) });
