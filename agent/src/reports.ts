/**
 * Tells agent-mgmt how attempts go and keeps telling until it answers. How an attempt ended comes from the journal, so
 * that it outlives the agent; that one started is only kept in memory, because the ending says it too.
 */
import { reportCommandRefused, reportJobFinished, reportJobStarted, subjects } from '@citrus/contracts';
import { fullJitter, waited, type Backoff } from './backoff.ts';
import { RequestPostponed, RequestRefused, type Connection } from './connection.ts';
import type { AttemptName } from './job-log.ts';
import { keyOf, type Attempt, type Journal } from './journal.ts';
import { describe, type Log } from './log.ts';

type Started = AttemptName & { readonly agentId: string; readonly at: string };

type Refusal = Partial<AttemptName> & { readonly code: string; readonly reason: string };

export type Reports = {
  readonly started: (report: Started) => void;
  readonly finished: (name: AttemptName) => void;
  /** A command was not obeyed. */
  readonly refused: (refusal: Refusal) => void;
  /** A connection is there again: try now what failed before. */
  readonly wake: () => void;
  /** Tells until `signal`. */
  readonly run: (connection: Pick<Connection, 'ask'>, signal: AbortSignal) => Promise<void>;
};

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 30_000 };
const LOOK_AGAIN_MS = 60_000;
/** Who rings with bad commands all day is heard of, and does not fill the memory. */
const REFUSALS_KEPT = 20;

const DEFINITIONS = { 'job-started': reportJobStarted, 'job-finished': reportJobFinished, 'command-refused': reportCommandRefused } as const;

export const createReports = ({ journal, agentId, log }: { journal: Journal; agentId: string; log: Log }): Reports => {
  const begun = new Map<string, Started>();
  const refusals = new Map<string, Refusal & { readonly agentId: string; readonly at: string }>();
  const again = new Set<string>();
  let alarm = new AbortController();
  const wake = () => alarm.abort();

  const deliver = async (what: keyof typeof DEFINITIONS, body: object, connection: Pick<Connection, 'ask'>): Promise<void> => {
    try {
      await connection.ask(subjects.agent.report(agentId, what), { ...body, sentAt: new Date().toISOString() }, DEFINITIONS[what].reply);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      // It will be refused tomorrow too; holding on to it would only hold up the rest.
      log.error('report.refused', { report: what, ...body, reason: describe(error) });
    }
  };

  const tellEnding = async (attempt: Attempt, connection: Pick<Connection, 'ask'>): Promise<void> => {
    if (!attempt.ending) return;
    // Taken off first: what is asked for while this report is on its way is asked for anew.
    const wasAskedFor = again.delete(keyOf(attempt));
    try {
      await deliver('job-finished', attempt.ending, connection);
    } catch (error) {
      if (wasAskedFor) again.add(keyOf(attempt));
      throw error;
    }
    journal.append({ type: 'told', jobId: attempt.jobId, attempt: attempt.attempt, at: new Date().toISOString() });
  };

  const untold = () => journal.all().filter((attempt) => attempt.state === 'ended' && (!attempt.isTold || again.has(keyOf(attempt))));

  /** Beginnings before endings. One report that cannot be taken holds up no other job; silence holds up all. */
  const tellAll = async (connection: Pick<Connection, 'ask'>): Promise<void> => {
    const postponed = new Map<string, RequestPostponed>();
    const tell = async (key: string, action: () => Promise<void>): Promise<void> => {
      if (postponed.has(key)) return;
      try {
        await action();
      } catch (error) {
        if (!(error instanceof RequestPostponed)) throw error;
        postponed.set(key, error);
      }
    };
    for (const [key, refusal] of refusals) {
      await tell(`refused ${key}`, async () => {
        await deliver('command-refused', refusal, connection);
        refusals.delete(key);
      });
    }
    for (const [key, report] of begun) {
      await tell(key, async () => {
        await deliver('job-started', report, connection);
        begun.delete(key);
      });
    }
    for (const attempt of untold()) await tell(keyOf(attempt), () => tellEnding(attempt, connection));
    for (const error of postponed.values()) throw error;
  };

  const run: Reports['run'] = async (connection, signal) => {
    for (let tries = 0; !signal.aborted; ) {
      const woken = alarm.signal;
      let waitMs = LOOK_AGAIN_MS;
      try {
        await tellAll(connection);
        tries = 0;
      } catch (error) {
        waitMs = fullJitter(tries, BACKOFF);
        tries += 1;
        log.warn('report.not_answered', { reason: describe(error), nextTryInMs: Math.round(waitMs) });
      }
      await waited(waitMs, AbortSignal.any([signal, woken]));
      if (woken.aborted) alarm = new AbortController();
    }
  };

  return {
    started: (report) => {
      begun.set(keyOf(report), report);
      wake();
    },
    refused: ({ code, reason, jobId, attempt }) => {
      const key = [code, jobId, attempt].join('/');
      if (refusals.size >= REFUSALS_KEPT && !refusals.has(key)) return;
      refusals.set(key, { agentId, code, reason, at: new Date().toISOString(), ...(jobId !== undefined && attempt !== undefined && { jobId, attempt }) });
      wake();
    },
    finished: (name) => {
      again.add(keyOf(name));
      wake();
    },
    wake,
    run,
  };
};
