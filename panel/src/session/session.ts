/** Signing in and out. What a person saw is forgotten as soon as they are signed out, whoever ended the session. */
import { effect } from '@preact/signals';
import { get, post } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import type { Me } from '../api/types.ts';
import { startFacts, stopFacts } from '../live/facts.ts';
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

export const signIn = async (email: string, password: string): Promise<void> => {
  await post('/api/auth/login', { email, password });
  await recognise();
};

export const signOut = async (): Promise<void> => {
  await post('/api/auth/logout');
  me.value = null;
};

effect(() => {
  if (me.value) {
    markSignedIn();
    startFacts();
  } else if (me.value === null) {
    markSignedOut();
    stopFacts();
    forgetEverything();
  }
});

onSignedOutElsewhere(() => { me.value = null; });
