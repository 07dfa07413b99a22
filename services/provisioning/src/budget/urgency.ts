/**
 * How urgent the calls are that follow, for the HTTP client of a cloud, which cannot see who asks: the comparison of the
 * whole fleet says so here. Whoever says nothing is judged by the method: what changes something was asked for by a person.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Urgency } from './call-budget.port.ts';

const said = new AsyncLocalStorage<Urgency>();

export const withUrgency = <T>(urgency: Urgency, act: () => Promise<T>): Promise<T> => said.run(urgency, act);

export const urgencyOf = (method: string): Urgency => said.getStore() ?? (method === 'GET' ? 'poll' : 'person');
