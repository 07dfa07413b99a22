/**
 * What the audit is told about a request: everything that changes something, however it ended, and whatever was refused.
 * The route's name, the ids in its address and the code; never a body, a query or a message, which may hold anything.
 */
import type { Caller } from '@citrus/contracts';
import type { Audited } from '@citrus/kit-messaging';
import type { RouteDefinition } from '../http/route.ts';

/** What the gate has found out about a request so far. */
export type Asked = {
  readonly route: RouteDefinition;
  readonly caller?: Caller | undefined;
  /** The project that the request named, whoever asks. */
  readonly projectId?: string | undefined;
  /** Whether the handler was reached: then the service that was asked may have its own entry. */
  readonly isAdmitted: boolean;
};

export type Ended = { readonly status: number; readonly code?: string | undefined };
type From = { readonly address: string; readonly correlationId: string; readonly params: unknown };

const LONGEST_ID = 200;

const outcomeOf = (status: number): Audited['outcome'] => (status < 400 ? 'allowed' : status < 500 ? 'refused' : 'failed');

export const changesSomething = ({ method, changesNothing }: RouteDefinition): boolean => method !== 'GET' && !changesNothing;
/** Reading is told of when it was refused; that something is not there is no refusal. */
const isRefusal = (status: number): boolean => status === 401 || status === 403 || status === 429;

export const isAudited = ({ route, isAdmitted }: Asked, { status }: Ended): boolean => {
  if (route.auditedBy && isAdmitted && status !== 429) return false;
  return changesSomething(route) || isRefusal(status);
};

const idsOf = (params: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries((params ?? {}) as Record<string, unknown>).flatMap(([name, id]) => (typeof id === 'string' && id !== '' ? [[name, id.slice(0, LONGEST_ID)]] : [])));

/** Only a project of the caller's: nobody writes into the audit of others, nor is told to them. */
const projectOf = ({ caller, projectId }: Asked): string | undefined => {
  const memberships = caller?.memberships ?? [];
  const [only] = memberships;
  if (projectId === undefined) return memberships.length === 1 ? only?.projectId : undefined;
  return memberships.some((membership) => membership.projectId === projectId) ? projectId : undefined;
};

export const entryOf = (asked: Asked, ended: Ended, { address, correlationId, params }: From): Audited => {
  const { route, caller, projectId: named } = asked;
  const projectId = projectOf(asked);
  const target = { ...idsOf(params), ...(named !== undefined && named !== projectId && { projectId: named }) };
  return {
    action: `${route.method} ${route.path}`, outcome: outcomeOf(ended.status), address, correlationId,
    ...(caller && { actor: { kind: 'user', id: caller.userId } }), ...(projectId && { projectId }),
    ...(Object.keys(target).length > 0 && { target }), ...(ended.code && { code: ended.code }),
  };
};
