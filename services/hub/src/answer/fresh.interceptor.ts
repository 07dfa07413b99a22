/**
 * For what is asked again and again: the same answer has the same ETag, and who has it already gets 304. For what changes
 * something: from the moment that it has ended nobody gets an older answer here, and the one who did it takes its position
 * along to other hubs (`Citrus-Position` of the reply, `Citrus-After` of the next request; browsers by cookie).
 */
import { formatVector } from '@citrus/contracts';
import { CONFIG } from '@citrus/kit-service';
import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { hash } from 'node:crypto';
import { finalize, map, tap, type Observable } from 'rxjs';
import { changesSomething } from '../audit/audited.ts';
import type { HubConfig } from '../config.ts';
import { cookiesFor, type Cookies } from '../http/cookies.ts';
import type { VisitedRequest } from '../http/gate.ts';
import type { RouteDefinition } from '../http/route.ts';
import { Answers } from './answers.ts';

/** The list may be `*`; what is ours is compared without the mark of weakness. */
const isAmong = (etag: string, wanted: string | undefined): boolean => wanted !== undefined && (wanted.trim() === '*' || wanted.split(',').some((one) => one.trim().replace(/^W\//, '') === etag));

type Tagged = { readonly text: string; readonly etag: string };

/** Of answers that are kept: to the next one who asks they are the same object. */
const known = new WeakMap<object, Tagged>();

/** As text, because the hash and the answer need the same bytes. */
const taggedAs = (body: unknown): Tagged => {
  const before = typeof body === 'object' && body !== null ? known.get(body) : undefined;
  if (before) return before;
  const text = JSON.stringify(body);
  const made = { text, etag: `"${hash('sha1', text, 'base64url')}"` };
  if (typeof body === 'object' && body !== null) known.set(body, made);
  return made;
};

const tagged = (request: VisitedRequest, reply: FastifyReply, body: unknown): unknown => {
  const { text, etag } = taggedAs(body);
  void reply.headers({ etag, 'cache-control': 'private, no-cache', vary: 'authorization, cookie' });
  if (isAmong(etag, request.headers['if-none-match'])) {
    void reply.status(304);
    return undefined;
  }
  void reply.type('application/json; charset=utf-8');
  return text;
};

/** What a stranger does concerns no project; sign-ins come and go all the time. */
const concernsAnswers = ({ rule }: RouteDefinition): boolean => rule.by === 'member' || rule.by === 'administrator';

@Injectable()
export class FreshInterceptor implements NestInterceptor {
  readonly #cookies: Cookies;

  constructor(
    @Inject(Answers) private readonly answers: Answers,
    @Inject(CONFIG) config: HubConfig,
  ) {
    this.#cookies = cookiesFor(config.CITRUS_PUBLIC_URL);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const [request, reply] = [http.getRequest<VisitedRequest>(), http.getResponse<FastifyReply>()];
    const route = request.asked?.route;
    if (!route) return next.handle();
    if (route.isTagged) return next.handle().pipe(map((body) => tagged(request, reply, body)));
    if (!changesSomething(route) || !concernsAnswers(route)) return next.handle();
    return next.handle().pipe(
      tap({ complete: () => this.#tellPosition(request, reply) }),
      // Also after a failure: it may have been done all the same.
      finalize(() => this.answers.changed(route.rule.by === 'member' && route.rule.scope === 'project' ? request.visit?.projectId : undefined)),
    );
  }

  #tellPosition({ visit }: VisitedRequest, reply: FastifyReply): void {
    if (!visit || reply.sent) return;
    const position = formatVector(visit.written);
    if (position === '') return;
    void reply.header('citrus-position', position);
    if (visit.isByCookie) void reply.header('set-cookie', this.#cookies.wrote(position));
  }
}
