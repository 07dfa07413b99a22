/** History for people: what happened in all logs, page by page and live, never beyond the caller's own projects. */
import { EventEnvelope, formatVector, LOGGED_SERVICES, LoggedService, parseVector, plainText, readHistoryOf, type HistoryRead, type LogPage, type LogVector } from '@citrus/contracts';
import { ContractViolation } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberAnywhere, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { LiveStreams } from '../live/live-streams.ts';
import { Mailbox } from '../live/mailbox.ts';
import type { SseMessage } from '../live/sse.ts';
import { followEvents, type LiveSignal } from './follow-events.ts';
import { LiveEvents } from './live-events.ts';
import { mergeStretches, type Direction, type Stretch } from './merge.ts';

const Filter = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: plainText(512).optional(),
  /** The newest first, unless asked for. */
  direction: z.enum(['forward', 'backward']).default('backward'),
  stream: plainText(200).optional(),
  about: plainText(200).optional(),
  /** Event types, separated by commas. */
  types: plainText(1000).optional(),
});
const Page = z.object({
  items: z.array(EventEnvelope.extend({ service: LoggedService })),
  nextCursor: z.string().nullable(),
  /** Where the logs ended when this was read: follow them live after it and nothing is missed. */
  liveCursor: z.string(),
});
const From = z.strictObject({ after: z.string().max(512).optional() });

const list = defineRoute({ method: 'GET', path: '/api/events', summary: 'What happened, in all logs', rule: memberAnywhere('analyst'), query: Filter, reply: Page });
const follow = defineRoute({ method: 'GET', path: '/api/events/stream', summary: 'What happens, live; resumes after Last-Event-ID', rule: memberAnywhere('analyst'), query: From, produces: 'text/event-stream' });

const MOST_WAITING_EVENTS = 1000;

const vectorOf = (text: string, where: string): LogVector => {
  try {
    return parseVector(text);
  } catch (cause) {
    throw new ContractViolation(`${where} is not a cursor that we gave.`, [{ path: where, message: 'is not a cursor' }], { cause });
  }
};

@Controller()
export class EventController {
  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(LiveEvents) private readonly live: LiveEvents,
    @Inject(LiveStreams) private readonly streams: LiveStreams,
  ) {}

  @Route(list)
  async list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof Page>> {
    const from = query.cursor ? vectorOf(query.cursor, 'cursor') : {};
    const stretches = await Promise.all(LOGGED_SERVICES.map((service) => this.#stretch(service, { ...query, from: from[service] }, visit)));
    const { items, next } = mergeStretches(stretches, { limit: query.limit, direction: query.direction, from });
    const heads = Object.fromEntries(stretches.map(({ service, head }) => [service, head])) as LogVector;
    return { items, nextCursor: next ? formatVector(next) : null, liveCursor: formatVector(heads) };
  }

  @Route(follow)
  async follow(@Input() { query }: InputOf<typeof follow>, @By() visit: Visit, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const resumed = request.headers['last-event-id'];
    const after = typeof resumed === 'string' && resumed ? vectorOf(resumed, 'Last-Event-ID') : vectorOf(query.after ?? '', 'after');
    const from = { ...(await this.#headsBeyond(after, visit)), ...after };
    await this.streams.tell(reply, visit, (signal) => this.#follow(from, visit, signal));
  }

  async *#follow(from: LogVector, visit: Visit, signal: AbortSignal): AsyncGenerator<SseMessage> {
    const mine = new Set(visit.caller.memberships.map(({ projectId }) => projectId));
    const live = new Mailbox<LiveSignal>(MOST_WAITING_EVENTS);
    // Listening before reading: what happens in between is then told twice to us and once to the reader.
    const leave = this.live.add(live);
    try {
      const read = (service: LoggedService, position: number) => this.#read(service, { after: position, limit: 200, direction: 'forward' }, visit);
      yield* followEvents({ read, from, live, signal, isVisible: ({ projectId }) => projectId !== undefined && mine.has(projectId) });
    } finally {
      leave();
    }
  }

  /** Logs that the cursor does not name are followed from now on. */
  async #headsBeyond(after: LogVector, visit: Visit): Promise<LogVector> {
    const unnamed = LOGGED_SERVICES.filter((service) => after[service] === undefined);
    return Object.fromEntries(await Promise.all(unnamed.map(async (service) => [service, (await this.#read(service, { limit: 1, direction: 'backward' }, visit)).head] as const)));
  }

  /** As many events as a page needs, or all that there are; the service cuts its answers by size. */
  async #stretch(service: LoggedService, asked: z.infer<typeof Filter> & { from: number | undefined }, visit: Visit): Promise<Stretch> {
    const { limit, direction, stream, about, types, from } = asked;
    const filter = { direction, ...(stream && { stream }), ...(about && { about }), ...(types && { types: types.split(',') }) };
    const events: EventEnvelope[] = [];
    let [head, position, isExhausted] = [0, from, false];
    while (!isExhausted && events.length < limit) {
      const page = await this.#read(service, { ...filter, limit: limit - events.length, ...placeOf(direction, position) }, visit);
      events.push(...page.events);
      head ||= page.head;
      position = page.events.at(-1)?.position ?? position;
      isExhausted = page.events.length === 0;
    }
    return { service, events, isExhausted, head };
  }

  #read(service: LoggedService, input: HistoryRead, visit: Visit): Promise<LogPage> {
    return this.requests.call(readHistoryOf(service), input, visit.carried);
  }
}

const placeOf = (direction: Direction, position: number | undefined) => (position === undefined ? {} : direction === 'forward' ? { after: position } : { before: Math.max(1, position) });
