/** One's own ways in: the sessions that are open, and the password. */
import { changePassword, endAllSessions, endSession, listSessions, pageOf, SessionQuery, SignedInSession } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { CONFIG, REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HubConfig } from '../config.ts';
import { cookiesFor, type Cookies } from '../http/cookies.ts';
import { By, Input } from '../http/input.ts';
import { defineRoute, evenWithoutFactor, person, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { Revocations } from './revocations.ts';

const One = z.strictObject({ id: z.uuid() });
const NewPassword = z.strictObject({ currentPassword: z.string().min(1).max(1024), newPassword: z.string().min(1).max(1024) });
const Ended = z.object({ ended: z.int() });

const list = defineRoute({ method: 'GET', path: '/api/auth/sessions', summary: 'Where one is signed in', rule: evenWithoutFactor(person('session')), query: z.strictObject(SessionQuery), reply: pageOf(SignedInSession) });
const end = defineRoute({ method: 'DELETE', path: '/api/auth/sessions/:id', summary: 'End one of one\'s own sessions; another one soon after signing in', rule: evenWithoutFactor(person('session')), params: One, reply: z.object({}) });
const endAll = defineRoute({ method: 'DELETE', path: '/api/auth/sessions', summary: 'Sign out everywhere, here too; soon after signing in', rule: evenWithoutFactor(person('session')), reply: Ended });
const password = defineRoute({ method: 'POST', path: '/api/auth/password', summary: 'Change one\'s password; all other sessions end', rule: person('session'), body: NewPassword, reply: Ended });

/** Somebody may have hundreds of sessions. */
const TIMEOUT_MS = 15_000;

@Controller()
export class OwnSessionController {
  readonly #cookies: Cookies;

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(CONFIG) config: HubConfig,
    @Inject(Revocations) private readonly revocations: Revocations,
  ) {
    this.#cookies = cookiesFor(config.CITRUS_PUBLIC_URL);
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof list.reply>> {
    return this.requests.call(listSessions, query, visit.carried);
  }

  @Route(end)
  async end(@Input() { params }: InputOf<typeof end>, @By() visit: Visit): Promise<object> {
    const answer = await this.requests.call(endSession, { sessionId: params.id }, visit.carried);
    await this.revocations.hear();
    return answer;
  }

  @Route(endAll)
  async endAll(@By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply): Promise<z.infer<typeof Ended>> {
    const answer = await this.requests.call(endAllSessions, {}, { ...visit.carried, timeoutMs: TIMEOUT_MS });
    await this.revocations.hear();
    void reply.header('set-cookie', this.#cookies.signedOut());
    return answer;
  }

  @Route(password)
  async password(@Input() { body }: InputOf<typeof password>, @By() visit: Visit, @Req() { headers }: FastifyRequest): Promise<z.infer<typeof Ended>> {
    const answer = await this.requests.call(changePassword, { ...body, address: visit.address, device: this.#cookies.deviceOf(headers.cookie) }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
    await this.revocations.hear();
    return answer;
  }
}
