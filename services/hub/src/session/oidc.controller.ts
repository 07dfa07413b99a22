/**
 * Signing in with a provider: the browser is sent there and comes back with a code. It ends in the panel either way; what
 * went wrong stands behind the `#` of the address, where no server and no log sees it.
 */
import { finishOidc, linkOidc, OidcProvider, plainText, readOidc, ReturnPath, startOidc } from '@citrus/contracts';
import { problemOf } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { CONFIG, REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HubConfig } from '../config.ts';
import { cookiesFor, type Cookies } from '../http/cookies.ts';
import { By, Input } from '../http/input.ts';
import { anyone, defineRoute, person, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const CALLBACK = '/api/auth/oidc/callback';
const Start = z.strictObject({ returnTo: ReturnPath.default('/') });
/** Providers add parameters of their own. */
const Back = z.record(z.string(), plainText(4096));

const because = 'signing in is how one gets a token';
const read = defineRoute({ method: 'GET', path: '/api/auth/oidc', summary: 'Whether there is a provider to sign in with, and its name', rule: anyone('the sign-in page shows it'), reply: OidcProvider });
const start = defineRoute({ method: 'GET', path: '/api/auth/oidc/start', summary: 'Send the browser to the provider', rule: anyone(because), query: Start, status: 302, isLimited: true });
const link = defineRoute({
  method: 'POST', path: '/api/auth/oidc/link', summary: 'Link one\'s own account with the provider; the answer is where to send the browser', rule: person('session'), body: Start, reply: z.object({ url: z.url() }), isLimited: true,
});
const callback = defineRoute({ method: 'GET', path: CALLBACK, summary: 'Where the provider sends the browser back to', rule: anyone(because), query: Back, status: 302, isLimited: true, auditedBy: 'auth' });

/** Auth asks the provider two or three times. */
const TIMEOUT_MS = 30_000;

@Controller()
export class OidcController {
  readonly #cookies: Cookies;
  readonly #redirectUri: string;

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(CONFIG) config: HubConfig,
  ) {
    this.#cookies = cookiesFor(config.CITRUS_PUBLIC_URL);
    this.#redirectUri = new URL(CALLBACK, config.CITRUS_PUBLIC_URL).href;
  }

  @Route(read)
  read(@By() visit: Visit): Promise<OidcProvider> {
    return this.requests.call(readOidc, {}, visit.carried);
  }

  @Route(start)
  async start(@Input() { query }: InputOf<typeof start>, @By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    try {
      const { url, browser, expiresInSeconds } = await this.requests.call(startOidc, { redirectUri: this.#redirectUri, returnTo: query.returnTo }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
      void reply.header('set-cookie', this.#cookies.begun(browser, expiresInSeconds)).header('location', url);
    } catch (error) {
      void reply.header('location', withProblem(error));
    }
    void reply.header('cache-control', 'no-store');
  }

  @Route(link)
  async link(@Input() { body }: InputOf<typeof link>, @By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply): Promise<{ url: string }> {
    const { url, browser, expiresInSeconds } = await this.requests.call(linkOidc, { redirectUri: this.#redirectUri, returnTo: body.returnTo }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
    void reply.header('set-cookie', this.#cookies.begun(browser, expiresInSeconds)).header('cache-control', 'no-store');
    return { url };
  }

  @Route(callback)
  async callback(@Input() _input: InputOf<typeof callback>, @By() visit: Visit, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const begun = this.#cookies.begunOf(request.headers.cookie) ?? '';
    const answer = request.url.split('?', 2)[1] ?? '';
    try {
      const { tokens, returnTo, notice } = await this.requests.call(finishOidc, { answer, browser: begun, redirectUri: this.#redirectUri, address: visit.address }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
      void reply.header('set-cookie', [...this.#cookies.signedIn(tokens), this.#cookies.finished()]).header('location', notice ? withNotice(returnTo, notice) : returnTo);
    } catch (error) {
      void reply.header('set-cookie', this.#cookies.finished()).header('location', withProblem(error));
    }
    void reply.header('cache-control', 'no-store');
  }
}

const withProblem = (error: unknown): string => `/#sign-in-problem=${encodeURIComponent(problemOf(error).code)}`;
const withNotice = (returnTo: string, notice: string): string => `${returnTo.replace(/#.*$/, '')}#sign-in-notice=${notice}`;
