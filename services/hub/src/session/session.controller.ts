/** Signing in and out. API and CLI use the tokens of the answer; the browser uses the cookies that come with it. */
import { Me, readKeySet, readMe, refreshSession, SecondFactorCode, signIn, signOut, TokenPair } from '@citrus/contracts';
import { Unauthenticated } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { CONFIG, REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HubConfig } from '../config.ts';
import { cookiesFor, type Cookies } from '../http/cookies.ts';
import { By, Input } from '../http/input.ts';
import { anyone, defineRoute, evenWithoutFactor, person, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { newDevice } from './device.ts';
import { Revocations } from './revocations.ts';

/** `code`: of the authenticator app, or a recovery code; asked for with `session.second_factor_needed`. */
const Credentials = z.strictObject({ email: z.email().max(254), password: z.string().min(1).max(1024), code: SecondFactorCode.optional() });
const Refresh = z.strictObject({ refreshToken: z.string().min(1).max(512).optional() });

const login = defineRoute({ method: 'POST', path: '/api/auth/login', summary: 'Sign in', rule: anyone('signing in is how one gets a token'), body: Credentials, reply: TokenPair, isLimited: true, auditedBy: 'auth' });
const refresh = defineRoute({ method: 'POST', path: '/api/auth/refresh', summary: 'New tokens for a refresh token (in the body, or the browser\'s cookie)', rule: anyone('the refresh token is the proof'), body: Refresh, reply: TokenPair, auditedBy: 'auth' });
const logout = defineRoute({ method: 'POST', path: '/api/auth/logout', summary: 'End the session', rule: anyone('the refresh token is the proof'), body: Refresh, reply: z.object({}), auditedBy: 'auth' });
const me = defineRoute({ method: 'GET', path: '/api/auth/me', summary: 'Who is signed in', rule: evenWithoutFactor(person('any')), reply: Me });
const keys = defineRoute({ method: 'GET', path: '/.well-known/jwks.json', summary: 'The public keys of access tokens', rule: anyone('public keys'), reply: readKeySet.reply });

@Controller()
export class SessionController {
  readonly #cookies: Cookies;

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(CONFIG) config: HubConfig,
    @Inject(Revocations) private readonly revocations: Revocations,
  ) {
    this.#cookies = cookiesFor(config.CITRUS_PUBLIC_URL);
  }

  @Route(login)
  async login(@Input() { body }: InputOf<typeof login>, @By() visit: Visit, @Req() { headers }: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<TokenPair> {
    // Programs keep no cookies, and need no name.
    const device = this.#cookies.deviceOf(headers.cookie) ?? (headers.origin === undefined ? undefined : newDevice());
    const tokens = await this.requests.call(signIn, { ...body, address: visit.address, device }, { ...visit.carried, timeoutMs: 10_000 });
    // The browser forgets the session that it had until now, so that one ends.
    const replaced = Refresh.safeParse({ refreshToken: this.#cookies.refreshTokenOf(headers.cookie) }).data?.refreshToken;
    if (replaced) await this.requests.call(signOut, { refreshToken: replaced }, visit.carried);
    void reply.header('set-cookie', [...this.#cookies.signedIn(tokens), ...(device ? [this.#cookies.device(device)] : [])]).header('cache-control', 'no-store');
    return tokens;
  }

  @Route(refresh)
  async refresh(@Input() { body }: InputOf<typeof refresh>, @By() visit: Visit, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<TokenPair> {
    const refreshToken = body.refreshToken ?? this.#cookies.refreshTokenOf(request.headers.cookie);
    if (!refreshToken) throw new Unauthenticated('There is no session to renew; sign in.');
    const tokens = await this.requests.call(refreshSession, { refreshToken, address: visit.address }, visit.carried);
    void reply.header('set-cookie', this.#cookies.signedIn(tokens)).header('cache-control', 'no-store');
    return tokens;
  }

  @Route(logout)
  async logout(@Input() { body }: InputOf<typeof logout>, @By() visit: Visit, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    void reply.header('set-cookie', this.#cookies.signedOut());
    const refreshToken = body.refreshToken ?? this.#cookies.refreshTokenOf(request.headers.cookie);
    if (!refreshToken) return {};
    await this.requests.call(signOut, { refreshToken }, visit.carried);
    // The access token is good for some minutes more by itself; here it ends with the answer.
    await this.revocations.hear();
    return {};
  }

  @Route(me)
  me(@By() visit: Visit): Promise<z.infer<typeof Me>> {
    return this.requests.call(readMe, {}, visit.carried);
  }

  @Route(keys)
  async keys(@By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply) {
    const set = await this.requests.call(readKeySet, {}, visit.carried);
    void reply.header('cache-control', 'public, max-age=60');
    return set;
  }
}
