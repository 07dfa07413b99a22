/** The projects whose history a caller may read: every role may. */
import { Unauthenticated } from '@citrus/kit-domain';
import type { RequestContext } from '@citrus/kit-messaging';

export const projectsOfCaller = ({ caller }: RequestContext): string[] => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return caller.memberships.map(({ projectId }) => projectId);
};
