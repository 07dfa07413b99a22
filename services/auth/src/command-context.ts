/** Who makes a change and on what occasion, as the log keeps it beside the events. */
import type { Actor, Caller } from '@citrus/contracts';
import { Unauthenticated } from '@citrus/kit-domain';
import { newId, type AppendContext } from '@citrus/kit-event-store';
import type { RequestContext } from '@citrus/kit-messaging';

export type Trace = Pick<RequestContext, 'correlationId' | 'traceparent'>;
export const byUser = (userId: string): Actor => ({ kind: 'user', id: userId });
export const byAuth: Actor = { kind: 'service', id: 'auth' };

/** A new command each time: an answer to a repeated request is decided anew, by what is true now. */
export const contextOf = ({ correlationId, traceparent }: Trace, actor: Actor, projectId?: string): AppendContext =>
  ({ commandId: newId(), actor, correlationId, ...(projectId && { projectId }), ...(traceparent && { traceparent }) });

/** Who asks: there is somebody wherever the definition's access asks for a person. */
export const callerOf = ({ caller }: RequestContext): Caller => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return caller;
};
