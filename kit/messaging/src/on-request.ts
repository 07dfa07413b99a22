/** `@OnRequest(definition)`: this method of a Nest controller answers the definition's subject. */
import type { AgentId, Caller, RequestDefinition } from '@citrus/contracts';
import { applyDecorators, Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';

export type RequestContext = {
  /** Who asks, when the definition's access is by member. */
  readonly caller?: Caller;
  /** Which agent asks, when it is by agent: the id of the subject, which the broker vouches for. */
  readonly agentId?: AgentId;
  readonly subject: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** The event that made another service ask; nobody else is believed about it. */
  readonly causationId?: string;
  /** The caller's access token, to pass on. */
  readonly token?: string;
};

/** Nest would flatten what a handler throws to "Internal server error"; the server needs the error itself. */
@Catch()
class ErrorsAsTheyAre implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

type Handler<Input, Reply> = (input: Input, context: RequestContext) => Promise<Reply>;

export const OnRequest =
  <Input, Reply>(definition: RequestDefinition<Input, Reply>) =>
  <Method extends Handler<Input, Reply>>(target: object, key: string, descriptor: TypedPropertyDescriptor<Method>): void => {
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    applyDecorators(MessagePattern<string>(definition.subject, { definition }), UseFilters(ErrorsAsTheyAre))(target, key, descriptor);
  };
