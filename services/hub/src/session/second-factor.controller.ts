/** One's own second factor, and whether everybody needs one. */
import {
  BegunTotp, beginTotp, confirmTotp, disableTotp, newRecoveryCodes, proveSecondFactor, readSecondFactor, readSecondFactorPolicy, RecoveryCodes, SecondFactor, SecondFactorCode, SecondFactorPolicy, setSecondFactorPolicy,
  SetSecondFactorPolicy,
} from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { CONFIG, REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HubConfig } from '../config.ts';
import { cookiesFor, type Cookies } from '../http/cookies.ts';
import { By, Input } from '../http/input.ts';
import { administrator, defineRoute, evenWithoutFactor, person, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const Code = z.strictObject({ code: SecondFactorCode });
const PasswordAndCode = z.strictObject({ password: z.string().min(1).max(1024), code: SecondFactorCode });

const read = defineRoute({ method: 'GET', path: '/api/auth/second-factor', summary: 'Whether one\'s second factor is on', rule: evenWithoutFactor(person('session')), reply: SecondFactor });
const begin = defineRoute({ method: 'POST', path: '/api/auth/second-factor/begin', summary: 'A secret for an authenticator app', rule: evenWithoutFactor(person('session')), reply: BegunTotp });
const confirm = defineRoute({ method: 'POST', path: '/api/auth/second-factor/confirm', summary: 'Turn it on with a code of the app; answers with recovery codes. Renew the access token afterwards', rule: evenWithoutFactor(person('session')), body: Code, reply: RecoveryCodes });
const prove = defineRoute({ method: 'POST', path: '/api/auth/second-factor/prove', summary: 'Give a code of it for a sign-in that came without. Renew the access token afterwards', rule: evenWithoutFactor(person('session')), body: Code, reply: z.object({}) });
const recovery = defineRoute({ method: 'POST', path: '/api/auth/second-factor/recovery-codes', summary: 'New recovery codes in place of the old ones', rule: person('session'), body: Code, reply: RecoveryCodes });
const disable = defineRoute({ method: 'POST', path: '/api/auth/second-factor/disable', summary: 'Turn it off, with password and code', rule: person('session'), body: PasswordAndCode, reply: z.object({}) });
const readPolicy = defineRoute({ method: 'GET', path: '/api/installation/second-factor', summary: 'Whether everybody needs a second factor', rule: administrator, reply: SecondFactorPolicy });
const setPolicy = defineRoute({ method: 'POST', path: '/api/installation/second-factor', summary: 'Ask everybody for a second factor, or no longer; soon after signing in', rule: administrator, body: SetSecondFactorPolicy, reply: SecondFactorPolicy });

@Controller()
export class SecondFactorController {
  readonly #cookies: Cookies;

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(CONFIG) config: HubConfig,
  ) {
    this.#cookies = cookiesFor(config.CITRUS_PUBLIC_URL);
  }

  @Route(read)
  read(@By() visit: Visit): Promise<SecondFactor> {
    return this.requests.call(readSecondFactor, {}, visit.carried);
  }

  @Route(begin)
  begin(@By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply): Promise<BegunTotp> {
    void reply.header('cache-control', 'no-store');
    return this.requests.call(beginTotp, {}, visit.carried);
  }

  @Route(confirm)
  confirm(@Input() { body }: InputOf<typeof confirm>, @By() visit: Visit, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<RecoveryCodes> {
    void reply.header('cache-control', 'no-store');
    return this.requests.call(confirmTotp, { ...body, ...this.#from(visit, request) }, visit.carried);
  }

  @Route(prove)
  prove(@Input() { body }: InputOf<typeof prove>, @By() visit: Visit, @Req() request: FastifyRequest): Promise<object> {
    return this.requests.call(proveSecondFactor, { ...body, ...this.#from(visit, request) }, visit.carried);
  }

  @Route(readPolicy)
  readPolicy(@By() visit: Visit): Promise<SecondFactorPolicy> {
    return this.requests.call(readSecondFactorPolicy, {}, visit.carried);
  }

  @Route(setPolicy)
  setPolicy(@Input() { body }: InputOf<typeof setPolicy>, @By() visit: Visit): Promise<SecondFactorPolicy> {
    return this.requests.call(setSecondFactorPolicy, body, visit.carried);
  }

  @Route(recovery)
  recovery(@Input() { body }: InputOf<typeof recovery>, @By() visit: Visit, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<RecoveryCodes> {
    void reply.header('cache-control', 'no-store');
    return this.requests.call(newRecoveryCodes, { ...body, ...this.#from(visit, request) }, visit.carried);
  }

  @Route(disable)
  disable(@Input() { body }: InputOf<typeof disable>, @By() visit: Visit, @Req() request: FastifyRequest): Promise<object> {
    return this.requests.call(disableTotp, { ...body, ...this.#from(visit, request) }, visit.carried);
  }

  #from({ address }: Visit, { headers }: FastifyRequest) {
    return { address, device: this.#cookies.deviceOf(headers.cookie) };
  }
}
