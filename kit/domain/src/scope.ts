/**
 * How far a look-up may see. Whoever asks a store says it: a person's request brings the project in which the rule was
 * applied, so that an id of another project finds nothing; our own work says why it needs no project. A bare id opens
 * nothing.
 */
import { Forbidden } from './errors.ts';

/** Keeps anybody from writing a scope down as a literal. */
const made: unique symbol = Symbol('Scope');

export type ProjectScope = { readonly kind: 'project'; readonly projectId: string; readonly [made]: true };
export type InternalScope = { readonly kind: 'internal'; readonly because: string; readonly [made]: true };
export type Scope = ProjectScope | InternalScope;

type Member = { readonly memberships: readonly { readonly projectId: string }[] };

/**
 * For a request of a person, after its rule was applied.
 * @throws Forbidden when the caller is not a member: then the rule was not applied.
 */
export const projectScope = (caller: Member | undefined, projectId: string): ProjectScope => {
  if (!caller?.memberships.some((membership) => membership.projectId === projectId)) throw new Forbidden('You are not a member of this project.', 'project.not_a_member');
  return { kind: 'project', projectId, [made]: true };
};

/** For work that no person asks for: a consumer, a timer, an agent's report. `because` is for the reader of the code. */
export const internalScope = (because: string): InternalScope => ({ kind: 'internal', because, [made]: true });

export const isWithin = (scope: Scope, projectId: string): boolean => scope.kind === 'internal' || scope.projectId === projectId;
