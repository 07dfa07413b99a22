/**
 * Begins runs when they are due. It remembers nothing: a run's id follows from the schedule and the time, so whoever dies
 * here is repeated by the next turn, and two replicas begin one run. What cannot begin is told as missed.
 */
import { FilterFault, matchesFilter, MOST_SERVERS_IN_A_RUN, parseServerFilter, readFleet, RunId, sampleOf, type FleetServer, type ProjectId, type ServerId } from '@citrus/contracts';
import { ContractViolation, internalScope, NotFound, Refusal, type Clock } from '@citrus/kit-domain';
import { uuidFrom, type Projections } from '@citrus/kit-event-store';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { passesByItself } from '../job/passing-refusal.ts';
import { findInstaller, splitInputs } from '../job/queue-job.ts';
import { isFinished } from '../run/run.decider.ts';
import type { Jobs, Runs } from '../tokens.ts';
import { dueTimes, type KnownSchedule, type ScheduleCommand } from './schedule.decider.ts';
import type { ScheduleHandler } from './schedule.handler.ts';
import type { ScheduleStore } from './schedule.store.ts';

const SCHEDULES = internalScope('drives every schedule, whoever it belongs to');
/** Whoever was down for longer does not begin in the middle of the day what was meant for the night. */
const LATE_AT_MOST_MS = 15 * 60_000;
/** So long what passes by itself is waited for, and then told while there is still time to begin. */
const PATIENT_FOR_MS = 14 * 60_000;
const WAS_AWAY = 'Nothing could be begun at that time: Citrus was not running, or could not look up what the run needs.';

type Parts = { readonly store: ScheduleStore; readonly handler: ScheduleHandler; readonly runs: Runs; readonly jobs: Jobs; readonly requests: Requests; readonly projections: Pick<Projections, 'reached'>; readonly clock: Clock; readonly logger: Logger };
type Due = { readonly state: KnownSchedule; readonly dueAt: string };

export const runOfSchedule = (scheduleId: string, dueAt: string): RunId => RunId.parse(uuidFrom('agent-mgmt:run-of-schedule', `${scheduleId}/${dueAt}`));

export class ScheduleProcess {
  constructor(private readonly parts: Parts) {}

  async turn(): Promise<void> {
    const { store, clock, logger } = this.parts;
    for (const scheduleId of await store.due(SCHEDULES, clock())) {
      try {
        await this.#drive(scheduleId);
      } catch (error) {
        logger.error({ event: 'schedule.stuck', schedule_id: scheduleId, err: error }, 'a schedule could not go on; it is tried again');
      }
    }
  }

  async #drive(scheduleId: string): Promise<void> {
    const { handler, clock } = this.parts;
    const state = await handler.load(scheduleId);
    if (state.status !== 'active') return;
    const now = clock();
    const due = dueTimes(state, now.toISOString());
    const [last, ...earlier] = due.toReversed();
    if (last === undefined) return;
    if (now.getTime() - Date.parse(last) > LATE_AT_MOST_MS) return await this.#miss(state, { until: last, count: due.length, reason: WAS_AWAY });
    const [before] = earlier;
    if (before !== undefined) await this.#miss(state, { until: before, count: earlier.length, reason: WAS_AWAY });
    await this.#begin({ state, dueAt: last });
  }

  async #begin({ state, dueAt }: Due): Promise<void> {
    if (state.lastRunId !== null && (await this.#isGoingOn(state.lastRunId))) return await this.#miss(state, { until: dueAt, count: 1, reason: `Its run before (${state.lastRunId}) is still going on.` });
    try {
      await this.#createRun({ state, dueAt });
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof NotFound || error instanceof ContractViolation)) throw error;
      if (!(error instanceof ContractViolation) && passesByItself(error) && this.parts.clock().getTime() - Date.parse(dueAt) < PATIENT_FOR_MS) return;
      return await this.#miss(state, { until: dueAt, count: 1, reason: error.message });
    }
    const { scheduleId } = state.schedule;
    await this.#record(scheduleId, { type: 'RecordFired', data: { dueAt, runId: runOfSchedule(scheduleId, dueAt), at: this.#now() } }, dueAt);
    this.parts.runs.loop.wake();
  }

  async #isGoingOn(runId: RunId): Promise<boolean> {
    const run = await this.parts.runs.handler.load(runId);
    return run.status !== 'unknown' && !isFinished(run);
  }

  async #createRun({ state: { schedule }, dueAt }: Due): Promise<void> {
    const { jobs, runs, handler } = this.parts;
    const { scheduleId, projectId, run: { inputs, ...run } } = schedule;
    const runId = runOfSchedule(scheduleId, dueAt);
    // Whoever began it died before it was told; by now other servers may be meant, or the installer be another.
    if ((await runs.handler.load(runId)).status !== 'unknown') return;
    const installer = findInstaller(jobs.registry, run.installer, run.action);
    const { plain } = splitInputs(installer, { action: run.action, inputs });
    const serverIds = await this.#meantBy(projectId, schedule);
    const data = { ...run, runId, projectId, installerDigest: installer.digest, inputs: plain, sealedInputs: '', serverIds, scheduleId, at: this.#now() };
    await runs.handler.handle(runId, { type: 'CreateRun', data }, { ...(await handler.traceOf(scheduleId)), commandId: uuidFrom('agent-mgmt:create-run', runId) });
  }

  /** By name, which is the order in which they begin. @throws Refusal when there is none, or too many */
  async #meantBy(projectId: ProjectId, { run }: KnownSchedule['schedule']): Promise<ServerId[]> {
    const filter = filterOf(run.filter);
    const meant: FleetServer[] = [];
    for (let after: ServerId | null | undefined; after !== null; ) {
      const page: { items: FleetServer[]; nextAfter: ServerId | null } = await this.parts.requests.call(readFleet, { projectId, limit: 1000, ...(after && { after }) });
      meant.push(...page.items.filter((server) => matchesFilter(filter, server)));
      after = page.nextAfter;
    }
    const byName = meant.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const chosen = run.sample ? sampleOf(byName, run.sample) : byName;
    if (chosen.length === 0) throw new Refusal('filter.none', `The filter "${run.filter}" means none of the project’s servers.`);
    if (chosen.length > MOST_SERVERS_IN_A_RUN) throw new Refusal('filter.too_many', `The filter means more than ${MOST_SERVERS_IN_A_RUN} servers, which is the most for one run.`);
    return chosen.map(({ id }) => id);
  }

  async #miss({ schedule: { scheduleId } }: KnownSchedule, missed: { until: string; count: number; reason: string }): Promise<void> {
    await this.#record(scheduleId, { type: 'RecordMissed', data: { ...missed, at: this.#now() } }, missed.until);
  }

  /** Two replicas tell of one time once. */
  async #record(scheduleId: string, command: ScheduleCommand, dueAt: string): Promise<void> {
    const { handler, projections } = this.parts;
    const { position } = await handler.handle(scheduleId, command, { ...(await handler.traceOf(scheduleId)), commandId: uuidFrom(`agent-mgmt:schedule:${command.type}`, `${scheduleId}/${dueAt}`) });
    await projections.reached(position);
  }

  #now(): string {
    return this.parts.clock().toISOString();
  }
}

const filterOf = (text: string) => {
  try {
    return parseServerFilter(text);
  } catch (error) {
    if (error instanceof FilterFault) throw new Refusal('filter.invalid', `The filter cannot be read: ${error.message}.`);
    throw error;
  }
};
