import type { Caller } from '@citrus/contracts';
import { Unauthenticated } from '@citrus/kit-domain';
import type { RequestContext } from '@citrus/kit-messaging';

/** Who asks; the definition's access rule has seen to it that there is somebody. */
export const askerOf = ({ caller }: RequestContext): Caller => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return caller;
};
