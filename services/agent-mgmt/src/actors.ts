/** Who appears in this service's events. */
import type { Actor, Caller } from '@citrus/contracts';
import { Unauthenticated } from '@citrus/kit-domain';

export const SERVICE: Actor = { kind: 'service', id: 'agent-mgmt' };
export const agentActor = (agentId: string): Actor => ({ kind: 'agent', id: agentId });

export const userActor = (caller: Caller | undefined): Actor => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return { kind: 'user', id: caller.userId };
};
