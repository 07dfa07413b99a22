/** Servers, jobs and agents as they were, and what changed between two moments. */
import { formatVector, Instant, parseVector, plainText, ProjectId, readDiffOf, readStateOf, ServerId, SERVICE_OF_SUBJECT, StateChange, StatePage, Subject, Token, type LoggedService, type LogPoint } from '@citrus/contracts';
import { ContractViolation } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { CLOCK, REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberAnywhere, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { limitedPerPerson } from './heavy-calls.ts';

/** The first look at a long log folds all of it; the next ones go on from there. */
const TIMEOUT_MS = 45_000;

/** An instant, or positions as a cursor has them: `provisioning:123,agent-mgmt:45`. */
const Moment = plainText(512);
const asked = { of: Subject, id: Token.optional(), projectId: ProjectId.optional(), serverId: ServerId.optional(), limit: z.coerce.number().int().min(1).max(1000).default(200), cursor: plainText(512).optional() };
const StateQuery = z.strictObject({ ...asked, at: Moment.optional() });
const DiffQuery = z.strictObject({ ...asked, from: Moment, to: Moment.optional() });
const ofSubject = { of: Subject };

const States = z.object({ at: z.string(), vector: z.string(), items: z.array(StatePage.shape.items.element.extend(ofSubject)), nextCursor: z.string().nullable() });
const Differences = z.object({ from: z.string(), to: z.string(), vectors: z.object({ from: z.string(), to: z.string() }), items: z.array(StateChange.extend(ofSubject)), nextCursor: z.string().nullable() });

const state = defineRoute({ method: 'GET', path: '/api/history/state', summary: 'One server, job or agent, or all of them, as they were', rule: memberAnywhere('analyst'), query: StateQuery, reply: States });
const diff = defineRoute({ method: 'GET', path: '/api/history/diff', summary: 'What changed between two moments, field by field', rule: memberAnywhere('analyst'), query: DiffQuery, reply: Differences });

const positionIn = (text: string, service: LoggedService): number | undefined => {
  try {
    return parseVector(text)[service];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

/** @throws ContractViolation */
const pointOf = (text: string, service: LoggedService, path: string): LogPoint => {
  if (Instant.safeParse(text).success) return { instant: text };
  const position = positionIn(text, service);
  if (position !== undefined) return { position };
  const message = `is an instant like 2026-11-21T10:00:00Z, or a position like ${service}:123`;
  throw new ContractViolation(`The query is not valid: ${path} ${message}`, [{ path, message }]);
};

@Controller()
export class StateController {
  /** A person who drags a slider asks many times a second. */
  readonly #limit = limitedPerPerson({ burst: 120, perSecond: 30 });

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(CLOCK) private readonly clock: () => Date,
  ) {}

  @Route(state)
  async state(@Input() { query: { at = this.#now(), ...query } }: InputOf<typeof state>, @By() visit: Visit): Promise<z.infer<typeof States>> {
    this.#limit(visit);
    const { of } = query;
    const service = SERVICE_OF_SUBJECT[of];
    const { point, items, nextCursor } = await this.requests.call(readStateOf(service), { ...query, at: pointOf(at, service, 'at') }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
    return { at, vector: formatVector({ [service]: point.position }), items: items.map((item) => ({ of, ...item })), nextCursor };
  }

  @Route(diff)
  async diff(@Input() { query: { from, to = this.#now(), ...query } }: InputOf<typeof diff>, @By() visit: Visit): Promise<z.infer<typeof Differences>> {
    this.#limit(visit);
    const { of } = query;
    const service = SERVICE_OF_SUBJECT[of];
    const points = { from: pointOf(from, service, 'from'), to: pointOf(to, service, 'to') };
    const answer = await this.requests.call(readDiffOf(service), { ...query, ...points }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
    const vectors = { from: formatVector({ [service]: answer.from.position }), to: formatVector({ [service]: answer.to.position }) };
    return { from, to, vectors, items: answer.items.map((item) => ({ of, ...item })), nextCursor: answer.nextCursor };
  }

  #now(): string {
    return this.clock().toISOString();
  }
}
