import type { Caller } from '@citrus/contracts';
import { Unauthenticated } from '@citrus/kit-domain';
import type { RequestContext } from '@citrus/kit-messaging';

/** Who asks: there is somebody wherever the definition's access asks for a person. */
export const callerOf = ({ caller }: RequestContext): Caller => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return caller;
};
