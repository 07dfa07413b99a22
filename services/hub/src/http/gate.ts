/** The one way in: reads who asks, applies the route's rule, and leaves a `Visit` for the handler. */
import { createHash } from 'node:crypto';
import { networkOf, parseVector, ProjectId, type Caller, type LogVector } from '@citrus/contracts';
import { ContractViolation, Forbidden, Unauthenticated } from '@citrus/kit-domain';
import { requireAccess, type Authenticate } from '@citrus/kit-messaging';
import { CONFIG } from '@citrus/kit-service';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Asked } from '../audit/audited.ts';
import type { HubConfig } from '../config.ts';
import { ApiTokens, isApiToken } from '../session/api-tokens.ts';
import { Revocations } from '../session/revocations.ts';
import { cookiesFor, type Cookies } from './cookies.ts';
import { generalLimits, type GeneralLimits } from './general-limits.ts';
import { refuseForeignOrigin } from './origin.ts';
import { createRateLimit } from './rate-limit.ts';
import { ROUTE, type RouteDefinition } from './route.ts';
import { Visit } from './visit.ts';

export const AUTHENTICATE = Symbol('Authenticate');

/** `asked` is what the gate knew when it let the request in or refused it, for the audit. */
export type VisitedRequest = FastifyRequest & { visit?: Visit; asked?: Asked | undefined };

const LIMIT = { burst: 20, perSecond: 1 };
/** A fleet behind one address starts, or renews, at once. */
const FLEET_LIMIT = { burst: 1000, perSecond: 100 };
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

const fieldOf = (value: unknown, name: string): unknown => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined);

const headerOf = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** What is none is no wish: it comes with a cookie that anybody may have set. */
const afterOf = (text: string | undefined): LogVector | undefined => {
  try {
    return text === undefined ? undefined : parseVector(text);
  } catch {
    return undefined;
  }
};

/** The project named in body or query, or the only one that the caller is a member of. */
export const projectOf = (caller: Caller, request: { readonly body: unknown; readonly query: unknown }): ProjectId => {
  const named = fieldOf(request.body, 'projectId') ?? fieldOf(request.query, 'projectId');
  const only = caller.memberships.length === 1 ? caller.memberships[0]?.projectId : undefined;
  if (named === undefined && caller.memberships.length === 0) throw new Forbidden('You are not a member of any project.', 'project.not_a_member');
  const projectId = ProjectId.safeParse(named ?? only);
  if (projectId.success) return projectId.data;
  throw new ContractViolation('Say which project.', [{ path: 'projectId', message: named === undefined ? 'is missing, and you are a member of more than one project' : 'is not a project id' }]);
};

@Injectable()
export class Gate implements CanActivate {
  readonly #cookies: Cookies;
  readonly #publicUrl: string;
  readonly #limit = createRateLimit(LIMIT);
  readonly #fleetLimit = createRateLimit(FLEET_LIMIT);
  readonly #limits: GeneralLimits;

  constructor(
    @Inject(CONFIG) config: HubConfig,
    @Inject(AUTHENTICATE) private readonly authenticate: Authenticate,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(ApiTokens) private readonly apiTokens: ApiTokens,
  ) {
    this.#publicUrl = config.CITRUS_PUBLIC_URL;
    this.#cookies = cookiesFor(config.CITRUS_PUBLIC_URL);
    this.#limits = generalLimits(config.CITRUS_REQUESTS_PER_SECOND);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = Reflect.getMetadata(ROUTE, context.getHandler()) as RouteDefinition | undefined;
    if (!route) throw new Error('a handler without a rule was reached');
    const request = context.switchToHttp().getRequest<VisitedRequest>();
    this.#limits.byAddress(request.ip);
    request.asked = { route, isAdmitted: false };
    const bearer = /^Bearer (\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1];
    const cookie = headerOf(request, 'cookie');
    const isByCookie = !bearer && (this.#cookies.accessTokenOf(cookie) ?? this.#cookies.refreshTokenOf(cookie)) !== undefined;
    refuseForeignOrigin({ method: request.method, origin: bearer ? undefined : headerOf(request, 'origin'), host: request.headers.host, isByCookie }, this.#publicUrl);
    if (route.isLimited) this.#limit(`${route.path} ${networkOf(request.ip)}`);
    if (route.limitedBy) this.#limitMachine(route.path, route.limitedBy(request.body), request.ip);
    request.visit = await this.#admit(route, request, bearer ?? this.#cookies.accessTokenOf(cookie));
    request.asked = { ...request.asked, isAdmitted: true };
    return true;
  }

  /** The hash, because what it comes with may be a secret. */
  #limitMachine(path: string, key: string | undefined, address: string): void {
    this.#fleetLimit(`${path} ${networkOf(address)}`);
    this.#limit(`${path} ${key === undefined ? networkOf(address) : createHash('sha256').update(key).digest('base64url')}`);
  }

  async #admit(route: RouteDefinition, request: VisitedRequest, token: string | undefined): Promise<Visit> {
    const { rule } = route;
    const idempotencyKey = headerOf(request, 'idempotency-key');
    if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) throw new ContractViolation('The Idempotency-Key header is 1 to 200 printable characters.');
    const traceparent = headerOf(request, 'traceparent');
    const facts = { address: request.ip, correlationId: request.id, idempotencyKey, traceparent: traceparent && TRACEPARENT.test(traceparent) ? traceparent : undefined };
    if (rule.by === 'anyone') return new Visit(facts);
    if (!token) throw new Unauthenticated('Sign in first: send `Authorization: Bearer <accessToken>`, or sign in with the browser.');
    const { caller, accessToken } = isApiToken(token) ? await this.#program(token, request.ip) : await this.#person(token);
    request.asked = undefined;
    this.#limits.byPerson(caller.userId);
    request.asked = { route, caller, isAdmitted: false };
    const projectId = rule.by === 'member' && rule.scope === 'project' ? projectOf(caller, request) : undefined;
    request.asked = { route, caller, projectId, isAdmitted: false };
    requireAccess(caller, rule, projectId);
    const cookie = headerOf(request, 'cookie');
    const after = afterOf(headerOf(request, 'citrus-after') ?? this.#cookies.wroteOf(cookie));
    return new Visit({ ...facts, caller, token: accessToken, projectId, after, isByCookie: headerOf(request, 'authorization') === undefined });
  }

  /** @throws Unauthenticated: renew the access token, or sign in again */
  async #person(accessToken: string): Promise<{ readonly caller: Caller; readonly accessToken: string }> {
    const caller = await this.authenticate(accessToken);
    this.revocations.check(caller, accessToken);
    return { caller, accessToken };
  }

  /** A program cannot renew anything: where its holder's roles have changed, that is done for it. */
  async #program(apiToken: string, address: string): Promise<{ readonly caller: Caller; readonly accessToken: string }> {
    const come = async () => this.#person(await this.apiTokens.accessTokenFor(apiToken, address));
    try {
      return await come();
    } catch (error) {
      if (!(error instanceof Unauthenticated) || error.code === 'api_token.invalid') throw error;
      this.apiTokens.forget(apiToken);
      return come();
    }
  }
}
