/** Signing in and out. What a person saw is forgotten as soon as they are signed out, whoever ended the session. */
import { computed, effect, untracked } from '@preact/signals';
import { get, post } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { renewals } from '../api/renewal.ts';
import type { Me } from '../api/types.ts';
import { listen, startFacts, stopFacts } from '../live/facts.ts';
import { forgetEverything } from '../live/resource.ts';
import { markSignedIn, markSignedOut, onSignedOutElsewhere } from './mark.ts';
import { me } from './me.ts';

/** @throws ApiProblem when the hub cannot tell who we are; "nobody" is an answer. */
export const recognise = async (): Promise<void> => {
  try {
    me.value = await get<Me>('/api/auth/me');
  } catch (thrown) {
    if (!(thrown instanceof ApiProblem && thrown.status === 401)) throw thrown;
    me.value = null;
  }
};

/** What somebody may do may have changed; if it cannot be found out just now, the next call will tell. */
export const recogniseAgain = (): void => {
  if (me.peek()) recognise().catch((thrown: unknown) => { if (!(thrown instanceof ApiProblem)) throw thrown; });
};

/** `code`: of whoever has a second factor. */
export type Proof = { readonly email: string; readonly password: string; readonly code?: string };

export const signIn = async (proof: Proof): Promise<void> => {
  await post('/api/auth/login', proof);
  await recognise();
};

export const signOut = async (): Promise<void> => {
  await post('/api/auth/logout');
  me.value = null;
};

/** Whether there is anything to hear: facts are those of one's projects. */
const projectsOf = computed(() => (me.value?.isFactorDue ? undefined : me.value?.memberships)?.map((membership) => membership.projectId).toSorted().join(' '));

effect(() => {
  if (me.value) markSignedIn();
  if (me.value === null) {
    markSignedOut();
    forgetEverything();
  }
});

/** Facts are those of one's projects; a stream that is open goes on with the ones it began with. */
effect(() => {
  const projects = projectsOf.value;
  untracked(() => {
    stopFacts();
    if (projects) startFacts();
  });
});

effect(() => { if (renewals.value > 0) untracked(recogniseAgain); });

const OF_ROLES: readonly string[] = ['MembershipGranted', 'MembershipEnded', 'AdministratorGranted', 'AdministratorRevoked'];
listen({ onFact: ({ type, data }) => { if (OF_ROLES.includes(type) && data['userId'] === me.peek()?.userId) recogniseAgain(); } });

onSignedOutElsewhere(() => { me.value = null; });
