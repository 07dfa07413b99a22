/** Notes what was done; what was not, the filter notes. Between them they see every request that reached a route. */
import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { tap, type Observable } from 'rxjs';
import type { VisitedRequest } from '../http/gate.ts';
import { AuditBook } from './audit-book.ts';

@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(@Inject(AuditBook) private readonly book: AuditBook) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<VisitedRequest>();
    return next.handle().pipe(tap({ complete: () => this.book.note(request, { status: request.asked?.route.status ?? 200 }) }));
  }
}
