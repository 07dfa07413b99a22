import type { Logger } from '@citrus/kit-messaging';
import { LOGGER } from '@citrus/kit-service';
import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AuditBook } from '../audit/audit-book.ts';
import type { VisitedRequest } from './gate.ts';
import { failureOf, problemJson } from './problem.ts';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(AuditBook) private readonly audit: AuditBook,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const request = host.switchToHttp().getRequest<VisitedRequest>();
    const failure = failureOf(error);
    this.audit.note(request, { status: failure.status, code: failure.problem.code });
    if (failure.status === 500) this.logger.error({ event: 'http.failed', correlation_id: request.id, method: request.method, url: request.routeOptions?.url, err: error }, 'a request failed');
    // The answer has begun (a live stream): there is no status left to send.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (failure.status === 401) void reply.header('www-authenticate', 'Bearer realm="citrus"');
    if (failure.problem.retryAfterMs !== undefined) void reply.header('retry-after', String(Math.max(1, Math.ceil(failure.problem.retryAfterMs / 1000))));
    void reply.status(failure.status).header('cache-control', 'no-store').type('application/problem+json').send(problemJson(failure, request.id));
  }
}
