/**
 * The process manager's mind, pure: from what the log says and what time it is follows the one thing to do next.
 * Nothing is remembered between two steps, so a process that dies between them has lost nothing.
 */
import { actionStepSince, nextActionStep, type ActionStep } from '../action/next-action-step.ts';
import { canAct } from '../action/action.decider.ts';
import type { Droplet, ExistingServer, PendingCreate, Refused, ServerState } from './server.state.ts';

export type Policy = {
  /** How long the cloud may take to show what it has made, in lists, by id and under its tags. */
  readonly settleMs: number;
  /** A POST without an answer is given up after this; it may still arrive. */
  readonly createTimeoutMs: number;
  readonly pollMs: { readonly first: number; readonly longest: number };
  /** What was waited for before this time was nobody's fault, so deadlines begin here at the earliest. */
  readonly countsFrom?: number;
  /** How long a server may stay in a status before it has failed. */
  /** However long an action may take by its kind, no longer than this. */
  readonly longestActionMs?: number;
  readonly deadlinesMs: { readonly creating: number; readonly provisioning: number; readonly initializing: number; readonly deleting: number };
};

type Failure = { readonly step: 'creating' | 'provisioning' | 'initializing' | 'deleting'; readonly code: string; readonly reason: string };

export type Step =
  /** Nothing until then; `null`: until the next event. */
  | { readonly do: 'rest'; readonly until: number | null }
  | { readonly do: 'create' }
  /** Is there a droplet of a create without an answer, or anything left of this server? */
  | { readonly do: 'look-up'; readonly pending: PendingCreate | null }
  /** Has the cloud more than the server's own droplet? Asked once, long after the last create. */
  | { readonly do: 'sweep'; readonly since: string }
  | { readonly do: 'watch'; readonly droplet: Droplet }
  | { readonly do: 'destroy'; readonly droplets: readonly Droplet[] }
  /** The deadline is over. `lastLook`: perhaps nobody looked for long, because no process ran. */
  | { readonly do: 'fail'; readonly failure: Failure; readonly lastLook?: Step }
  | Exclude<ActionStep, { do: 'rest' }>;

const rest: Step = { do: 'rest', until: null };
const ms = (instant: string) => Date.parse(instant);
const inMinutes = (duration: number) => {
  const minutes = Math.max(1, Math.round(duration / 60_000));
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
};

const countedFrom = (since: string, { countsFrom = 0 }: Policy): number => Math.max(ms(since), countsFrom);

/** Long times in hours. */
const inTime = (duration: number) => (duration < 2 * 3_600_000 ? inMinutes(duration) : `${Math.round(duration / 3_600_000)} hours`);

/**
 * From then on a POST has shown all that it made. That its connection broke or its process died ended nothing in the
 * cloud: it may still be carried out as long as its answer could have been waited for, and what it makes is shown late.
 */
const shownAt = (sentBy: number, policy: Policy): number => sentBy + policy.createTimeoutMs + policy.settleMs;

/** The latest time at which an intended POST is sent. */
const sentBy = (intendedAt: string, policy: Policy): number => ms(intendedAt) + policy.createTimeoutMs;

/** From then on, not to be found means not made. */
export const settledAt = ({ unknownAt, intendedAt }: PendingCreate, policy: Policy): number =>
  shownAt(unknownAt === undefined ? sentBy(intendedAt, policy) : ms(unknownAt), policy);

/** From then on the cloud shows whatever it made, also what came of one POST twice. */
export const sweepDueAt = (unsweptSince: string, policy: Policy): number => shownAt(sentBy(unsweptSince, policy), policy);

/**
 * May an empty look-up clear the way for another create? A droplet that was made and has gone may have a twin that is
 * not shown yet: a POST may be carried out twice. Where nothing was ever made the last POST was refused or is lost.
 */
export const isTwinRuledOut = ({ status, gone, unsweptSince }: ExistingServer, now: number, policy: Policy): boolean =>
  status !== 'creating' || gone.length === 0 || unsweptSince === null || now >= sweepDueAt(unsweptSince, policy);

/** From then on, a 404 means gone. */
export const isTrusted404 = (droplet: Droplet, now: number, policy: Policy): boolean => droplet.isSeen || now >= ms(droplet.since) + policy.settleMs;

/** Alive as long as the agent may still be waited for. */
export const enrolmentEndsAt = (server: ExistingServer, policy: Policy): number =>
  countedFrom(server.attemptSince, policy) + policy.deadlinesMs.creating + policy.deadlinesMs.provisioning + policy.deadlinesMs.initializing;

const emptyTheCloud = (server: ExistingServer): Step =>
  server.unwanted.length > 0 ? { do: 'destroy', droplets: server.unwanted } : { do: 'look-up', pending: server.pending };

const fail = (step: Failure['step'], code: string, reason: string, lastLook?: Step): Step => ({ do: 'fail', failure: { step, code, reason }, ...(lastLook && { lastLook }) });

const notMade = (refused: Refused | null, limit: number): Step =>
  refused
    ? fail('creating', refused.code, refused.reason)
    : fail('creating', 'droplet.not_made', `The cloud has not made the droplet within ${inMinutes(limit)}. Try again later.`);

/** A server that joins is only waited for; nothing of it is in any cloud. */
const nextStepOfJoin = (server: ExistingServer, now: number): Step => {
  if (server.status !== 'initializing' || server.joinEndsAt === undefined) return rest;
  const endsAt = ms(server.joinEndsAt);
  if (now < endsAt) return { do: 'rest', until: endsAt };
  return fail('initializing', 'join.expired', `Nobody has joined this server within ${inTime(endsAt - ms(server.since))}. Make a new command and run it on the machine; if the old one failed there, it has said why.`);
};

/** Whatever the status, what must go is destroyed and what may exist is looked for; then `otherwise`. */
const tidy = (server: ExistingServer, now: number, policy: Policy, otherwise: Step): Step => {
  if (server.unwanted.length > 0 || server.pending) return emptyTheCloud(server);
  if (server.unsweptSince === null) return otherwise;
  const dueAt = sweepDueAt(server.unsweptSince, policy);
  if (now >= dueAt) return { do: 'sweep', since: server.unsweptSince };
  return otherwise.do === 'rest' ? { do: 'rest', until: Math.min(dueAt, otherwise.until ?? dueAt) } : otherwise;
};

/** What must go goes first; then the action, and while it runs nothing else is waited for. */
const nextStepOfAction = (server: ExistingServer, now: number, policy: Policy): Step | undefined => {
  if (!server.action || !canAct(server)) return undefined;
  const step = nextActionStep(server.action, now, policy);
  return step.do === 'end-act' ? step : tidy(server, now, policy, step);
};

export const nextStep = (server: ServerState, now: number, policy: Policy): Step => {
  if (server.status === 'none') return rest;
  if (server.provider === 'none') return nextStepOfJoin(server, now);
  return nextStepOfAction(server, now, policy) ?? nextStepOfLife(server, now, policy);
};

const nextStepOfLife = (server: ExistingServer, now: number, policy: Policy): Step => {
  const limits = policy.deadlinesMs;
  const isLate = (limit: number) => now >= countedFrom(server.since, policy) + limit;
  switch (server.status) {
    case 'creating': {
      const late = isLate(limits.creating);
      if (!server.isCleared) return late ? fail('creating', 'droplet.not_gone', 'The droplet of the attempt before could not be removed. Try again later.') : emptyTheCloud(server);
      if (server.unwanted.length > 0) return emptyTheCloud(server);
      if (server.pending) {
        // An open question is not given up while the cloud answers look-ups: it ends with the settle window.
        const hopeless = late && now >= settledAt(server.pending, policy) + policy.settleMs;
        const lookUp: Step = { do: 'look-up', pending: server.pending };
        return hopeless ? fail('creating', 'cloud.silent', 'The cloud did not answer, so it is not known whether it made a droplet. If it did, the droplet will be removed.', lookUp) : lookUp;
      }
      if (late) return notMade(server.refused, limits.creating);
      if (server.refused && now < ms(server.refused.retryAt)) return { do: 'rest', until: ms(server.refused.retryAt) };
      return { do: 'create' };
    }
    case 'provisioning':
      if (isLate(limits.provisioning)) return fail('provisioning', 'droplet.slow', `The droplet had no address after ${inMinutes(limits.provisioning)}.`, { do: 'watch', droplet: server.droplet });
      return tidy(server, now, policy, { do: 'watch', droplet: server.droplet });
    case 'initializing':
      if (isLate(limits.initializing)) {
        return fail('initializing', 'agent.silent', `The droplet runs, but its agent has not connected within ${inMinutes(limits.initializing)}. Perhaps it cannot reach the hub, or its start-up script failed.`);
      }
      return tidy(server, now, policy, server.droplet ? { do: 'watch', droplet: server.droplet } : rest);
    case 'deleting':
      return isLate(limits.deleting) ? fail('deleting', 'droplet.not_gone', `The cloud has not removed the droplet within ${inMinutes(limits.deleting)}. Delete the server again.`) : emptyTheCloud(server);
    case 'active':
    case 'failed':
    case 'deleted':
      return tidy(server, now, policy, rest);
  }
};

/**
 * How long to wait before the same step again: a quarter of the time that it has taken so far, so that a quick cloud
 * is seen soon and a slow one is not pestered. `random` in [0, 1) spreads it by ±20 %.
 */
export const pause = (server: ExistingServer, now: number, policy: Policy, random: number): number => {
  const since = server.action ? actionStepSince(server.action) : ms(server.pending?.intendedAt ?? server.since);
  const base = Math.min(policy.pollMs.longest, Math.max(policy.pollMs.first, (now - since) / 4));
  return Math.round(base * (0.8 + 0.4 * random));
};

/** The same for a step that could not be made at all; `failures` counts from 1. */
export const pauseAfterFailure = (failures: number, policy: Policy, random: number): number =>
  Math.round(Math.min(policy.pollMs.longest * 4, policy.pollMs.first * 2 ** Math.min(failures, 10)) * (0.5 + 0.5 * random));
