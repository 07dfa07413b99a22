/** Who asks, where only a person will do: what an API token may not do, however much its holder may. */
import type { Caller } from '@citrus/contracts';
import { Forbidden, Unauthenticated } from '@citrus/kit-domain';
import type { RequestContext } from '@citrus/kit-messaging';

export const callerOf = ({ caller }: RequestContext): Caller => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return caller;
};

export const personOf = (context: RequestContext): Caller => {
  const caller = callerOf(context);
  if (caller.signedInBy !== 'session') throw new Forbidden('Who is in a project is managed by people who are signed in; an API token cannot do it.', 'session.needed');
  return caller;
};
