/** The projects whose history a caller may read: every role may. */
import { Forbidden, Unauthenticated } from '@citrus/kit-domain';
import type { RequestContext } from '@citrus/kit-messaging';

/** @param only the one that is asked for; to somebody else's the answer is no, whether there is such a project or not */
export const projectsOfCaller = ({ caller }: RequestContext, only?: string): string[] => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  const projectIds: string[] = caller.memberships.map(({ projectId }) => projectId);
  if (only === undefined) return projectIds;
  if (!projectIds.includes(only)) throw new Forbidden('You are not a member of this project.', 'project.not_a_member');
  return [only];
};
