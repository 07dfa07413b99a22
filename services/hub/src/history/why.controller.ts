/** "Why did this happen?", over all logs. */
import { LOGGED_SERVICES, readLinksOf } from '@citrus/contracts';
import { NotFound } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberAnywhere, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { limitedPerPerson } from './heavy-calls.ts';
import { explain, Why, type ReadLinks } from './why.ts';

const LIMITS = { deepest: 50, most: 500 };
const LINKS_AT_ONCE = 200;

const ById = z.strictObject({ eventId: z.uuid() });
const why = defineRoute({ method: 'GET', path: '/api/history/why/:eventId', summary: 'What led to an event and what came of it', rule: memberAnywhere('analyst'), params: ById, reply: Why });

@Controller()
export class WhyController {
  readonly #limit = limitedPerPerson({ burst: 30, perSecond: 5 });

  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  /** All logs or none: a cause may stand in any of them, and half an answer would look like a whole one. */
  @Route(why)
  async why(@Input() { params }: InputOf<typeof why>, @By() visit: Visit): Promise<Why> {
    this.#limit(visit);
    const read: ReadLinks = async (asked) => {
      const answers = await Promise.all(LOGGED_SERVICES.map(async (service) => ({ service, ...(await this.requests.call(readLinksOf(service), { ...asked, limit: LINKS_AT_ONCE }, visit.carried)) })));
      return { found: answers.flatMap(({ service, links }) => links.map((link) => ({ service, ...link }))), isCut: answers.some(({ isCut }) => isCut) };
    };
    const answer = await explain(read, params.eventId, LIMITS);
    if (!answer) throw new NotFound('event.unknown', 'There is no such event in your projects.');
    return answer;
  }
}
