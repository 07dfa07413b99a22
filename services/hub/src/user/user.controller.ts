/**
 * People: having one forgotten, and the way back into an account. Who may do it to whom is auth's to say: the hub knows
 * nobody. The link with the token is in the answer to the administrator and nowhere else; the token stands behind its `#`.
 */
import { beginRecovery, endSessionsOf, ErasedUser, eraseUser, FinishRecovery, finishRecovery, Instant, RecoveredUser, resetSecondFactor, UserId } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { CONFIG, REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HubConfig } from '../config.ts';
import { cookiesFor } from '../http/cookies.ts';
import { By, Input } from '../http/input.ts';
import { administrator, anyone, defineRoute, person, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const One = z.strictObject({ id: UserId });
const erase = defineRoute({
  method: 'DELETE', path: '/api/users/:id/personal-data', rule: person('session'), params: One, reply: ErasedUser,
  summary: 'Forget a person, for good: oneself, or as an administrator of the installation',
});

const signOut = defineRoute({
  method: 'POST', path: '/api/users/:id/sign-out', rule: administrator, params: One, reply: endSessionsOf.reply,
  summary: 'End every session of a person; API tokens and service accounts stay',
});

const reset = defineRoute({
  method: 'POST', path: '/api/users/:id/second-factor/reset', rule: administrator, params: One, reply: resetSecondFactor.reply,
  summary: 'Turn off the second factor of somebody who has lost it; the person\'s sessions end. Soon after signing in',
});

const Link = z.object({ userId: UserId, link: z.string(), expiresAt: Instant });
const recovery = defineRoute({
  method: 'POST', path: '/api/users/:id/recovery', rule: administrator, params: One, reply: Link, status: 201,
  summary: 'A link that lets a person who is locked out choose a new password; the answer alone has it',
});
const recover = defineRoute({
  method: 'POST', path: '/api/recovery', rule: anyone('the one-time token is the proof'), body: FinishRecovery, reply: RecoveredUser, isLimited: true, auditedBy: 'auth',
  summary: 'Choose a new password with such a link, and a code where there is a second factor; sessions and API tokens end',
});

/** Longer than the keyring's own time to answer: the caller should hear what became of it. */
const TIMEOUT_MS = 15_000;

@Controller()
export class UserController {
  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(CONFIG) private readonly config: HubConfig,
  ) {}

  @Route(erase)
  erase(@Input() { params }: InputOf<typeof erase>, @By() visit: Visit): Promise<ErasedUser> {
    return this.requests.call(eraseUser, { userId: params.id }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(signOut)
  signOut(@Input() { params }: InputOf<typeof signOut>, @By() visit: Visit): Promise<z.infer<typeof endSessionsOf.reply>> {
    return this.requests.call(endSessionsOf, { userId: params.id }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(reset)
  reset(@Input() { params }: InputOf<typeof reset>, @By() visit: Visit): Promise<z.infer<typeof resetSecondFactor.reply>> {
    return this.requests.call(resetSecondFactor, { userId: params.id }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(recovery)
  async begin(@Input() { params }: InputOf<typeof recovery>, @By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply): Promise<z.infer<typeof Link>> {
    const { token, ...begun } = await this.requests.call(beginRecovery, { userId: params.id }, visit.carried);
    void reply.header('cache-control', 'no-store');
    return { ...begun, link: `${this.config.CITRUS_PUBLIC_URL.replace(/\/+$/, '')}/recover#${token}` };
  }

  @Route(recover)
  recover(@Input() { body }: InputOf<typeof recover>, @By() visit: Visit, @Req() request: FastifyRequest): Promise<RecoveredUser> {
    const device = cookiesFor(this.config.CITRUS_PUBLIC_URL).deviceOf(request.headers.cookie);
    return this.requests.call(finishRecovery, { ...body, address: visit.address, ...(device && { device }) }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }
}
