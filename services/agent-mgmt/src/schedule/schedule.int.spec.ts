/** Schedules on real services; a time that has come is written into the log, so that nobody waits for a minute to pass. */
import { abortRun, changeSchedule, createRun, createSchedule, deleteSchedule, InstallerId, listRuns, listSchedules, pauseSchedule, previewSchedule, readFleet, readRun, readSchedule, resumeSchedule, retryRun, RunId, RunStrategy, ScheduleId, type Schedule } from '@citrus/contracts';
import { ContractViolation } from '@citrus/kit-domain';
import { newId, openEventStore, openPool } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { test, type World } from '../testing/world.ts';
import { runOfSchedule } from './schedule.process.ts';

const PATIENT = { timeoutMs: 30_000 };
const MINUTE_MS = 60_000;
const wanted = { installer: InstallerId.parse('web'), action: 'install', inputs: { port: 8081 }, priority: 'normal', filter: 'tag:web', strategy: RunStrategy.parse({}) };
/** Twelve hours from now where clocks are never changed: so it is due next at the same time, whenever during the test that is asked. */
const HOUR = String((new Date().getUTCHours() + 9 + 12) % 24).padStart(2, '0');
const create = (world: World, more: object = {}): Promise<Schedule> => world.ask(createSchedule, { scheduleId: ScheduleId.parse(newId()), name: 'nightly', cron: `30 ${Number(HOUR)} * * *`, timeZone: 'Asia/Tokyo', ...wanted, ...more });
const ago = (ms: number): string => new Date(Math.floor((Date.now() - ms) / MINUTE_MS) * MINUTE_MS).toISOString();

test('a schedule says when it is due next, waits when told to, and is refused where it could never be kept', async ({ world }) => {
  await world.start();
  const scheduleId = ScheduleId.parse(newId());
  const [schedule, again] = await Promise.all([create(world, { scheduleId }), create(world, { scheduleId })]);
  expect(again.id).toBe(schedule.id);
  expect(schedule).toMatchObject({ status: 'active', missed: 0, run: { inputs: { port: 8081 }, filter: 'tag:web' } });
  expect(new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', hour: 'numeric', minute: 'numeric' }).format(new Date(schedule.nextDueAt!))).toBe(`${HOUR}:30`);
  await expect(create(world, { scheduleId, cron: '0 3 * * *' })).rejects.toMatchObject({ code: 'idempotency.reused' });
  // The last one that may be: asked for again it is the same, and no other one may be.
  await sql`insert into schedules select (jsonb_populate_record(s, jsonb_build_object('schedule_id', gen_random_uuid()))).* from schedules s, generate_series(1, 199)`.execute(world.db);
  expect((await create(world, { scheduleId })).id).toBe(schedule.id);
  await expect(create(world)).rejects.toMatchObject({ code: 'schedule.too_many' });
  await sql`delete from schedules where schedule_id <> ${scheduleId}`.execute(world.db);
  for (const [more, code, path] of [
    [{ cron: '61 * * * *' }, 'schedule.invalid', 'cron'], [{ timeZone: 'Mars/Base' }, 'schedule.invalid', 'timeZone'], [{ filter: 'tag:' }, 'schedule.invalid', 'filter'], [{ cron: '0 0 30 2 *' }, 'schedule.never', 'cron'],
    [{ inputs: { admin_password: 'hunter22' } }, 'schedule.no_secrets', 'inputs.admin_password'], [{ inputs: { port: 'x' } }, 'inputs.invalid', 'inputs.port'],
  ] as const) await expect(create(world, more), JSON.stringify(more)).rejects.toMatchObject({ code, fields: [expect.objectContaining({ path })] });
  for (const name of ['', '  ', 'two\nlines']) await expect(create(world, { name }), JSON.stringify(name)).rejects.toBeInstanceOf(ContractViolation);
  // One from before names had a rule is read as it is.
  await world.db.updateTable('schedules').set({ name: '' }).where('schedule_id', '=', scheduleId).execute();
  expect((await world.ask(readSchedule, { scheduleId })).name).toBe('');
  expect(await world.ask(pauseSchedule, { scheduleId })).toMatchObject({ status: 'paused', nextDueAt: null });
  expect(await world.ask(resumeSchedule, { scheduleId })).toMatchObject({ status: 'active', nextDueAt: schedule.nextDueAt });
  expect(await world.ask(listSchedules, { limit: 1 })).toMatchObject({ items: [{ id: scheduleId }], nextCursor: null });
  expect((await world.ask(listSchedules, { status: 'paused' })).items).toEqual([]);
  const preview = await world.ask(previewSchedule, { cron: '0 3 * * mon-fri', timeZone: 'Europe/Berlin' });
  expect(preview).toMatchObject({ reading: 'At 03:00, Monday to Friday', next: expect.arrayContaining([expect.any(String)]) });
  expect(preview.next).toHaveLength(5);
  expect((await world.ask(previewSchedule, { cron: '0 0 30 2 *', timeZone: 'UTC' })).next).toEqual([]);
  await expect(world.ask(previewSchedule, { cron: '61 * * * *', timeZone: 'UTC' })).rejects.toMatchObject({ code: 'schedule.invalid', fields: [expect.objectContaining({ path: 'cron' })] });
  const later = { scheduleId, name: 'later', cron: '0 4 * * *', timeZone: 'UTC', ...wanted, filter: 'tag:db' };
  const [changed] = await Promise.all([world.ask(changeSchedule, later), world.ask(changeSchedule, later)]);
  expect(changed).toMatchObject({ name: 'later', cron: '0 4 * * *', timeZone: 'UTC', status: 'active', nextDueAt: expect.stringContaining('T04:00'), run: { filter: 'tag:db' }, createdAt: schedule.createdAt });
  await expect(world.ask(changeSchedule, { ...later, cron: '61 * * * *' })).rejects.toMatchObject({ code: 'schedule.invalid' });
  expect(await world.ask(readSchedule, { scheduleId })).toMatchObject({ cron: '0 4 * * *' });
  await world.ask(deleteSchedule, { scheduleId });
  await expect(world.ask(changeSchedule, later)).rejects.toMatchObject({ code: 'schedule.deleted' });
  expect((await world.ask(listSchedules, {})).items).toEqual([]);
  await expect(world.ask(resumeSchedule, { scheduleId })).rejects.toMatchObject({ code: 'schedule.deleted' });
});

test('two replicas begin one run when it is due, none while the one before goes on, and say what was missed', async ({ world, database, onTestFinished }) => {
  await world.start();
  await world.start();
  const [web, db] = [await world.absent(), await world.absent()];
  const server = (id: string, name: string, tags: string[]) => ({ id, name, tags, region: 'fra1', size: 's', image: 'i', status: 'active' });
  world.nats.subscribe(readFleet.subject, { callback: (_, message) => void message.respond(JSON.stringify({ items: [server(db.serverId, 'db-1', ['db']), server(web.serverId, 'web-1', ['web'])], nextAfter: null })) });
  const pool = openPool({ databaseUrl: database.serviceUrl, max: 2 });
  onTestFinished(() => pool.end());
  const store = openEventStore({ pool, service: 'agent-mgmt' });
  /** As if it had been made before: its time has come. */
  const due = async (nextDueAt: string, { cron = '* * * * *', filter = 'tag:web', before, scheduleId = ScheduleId.parse(newId()) }: { cron?: string; filter?: string; before?: RunId; scheduleId?: ScheduleId } = {}): Promise<ScheduleId> => {
    const at = new Date().toISOString();
    const events = [
      { type: 'ScheduleCreated', data: { scheduleId, projectId: world.projectId, name: 'x', cron, timeZone: 'UTC', run: { ...wanted, filter }, nextDueAt, at } },
      ...(before ? [{ type: 'ScheduleFired', data: { scheduleId, dueAt: nextDueAt, runId: before, nextDueAt, at } }] : []),
    ];
    await store.append({ stream: `schedule-${scheduleId}`, expected: 'none', events, context: { commandId: newId(), actor: { kind: 'service', id: 'test' }, correlationId: newId(), projectId: world.projectId } });
    return scheduleId;
  };
  const becomes = (scheduleId: ScheduleId, expected: object) => eventually(async () => expect(await world.ask(readSchedule, { scheduleId })).toMatchObject(expected), PATIENT);
  const now = ago(0);
  /** Once an hour: the next minute may begin while this goes on. */
  const cron = `${new Date(now).getUTCMinutes()} * * * *`;

  const fires = await due(now, { cron });
  await becomes(fires, { lastRunId: runOfSchedule(fires, now), lastDueAt: now, missed: 0 });
  const run = await eventually(() => world.ask(readRun, { runId: runOfSchedule(fires, now) }), PATIENT);
  expect(run).toMatchObject({ status: 'running', servers: 1, scheduleId: fires, filter: 'tag:web', inputs: { port: 8081 } });
  await eventually(async () => expect((await world.db.selectFrom('jobs').select(['server_id', 'run_id']).execute()).map((row) => [row.server_id, row.run_id])).toEqual([[web.serverId, run.id]]), PATIENT);

  const other = await world.ask(createRun, { runId: RunId.parse(newId()), ...wanted, serverIds: [db.serverId] });
  await becomes(await due(now, { cron, before: other.id }), { lastRunId: other.id, missed: 1, missedAt: now, missedReason: `Its run before (${other.id}) is still going on.` });
  await becomes(await due(now, { cron, filter: 'name:nobody' }), { lastRunId: null, missed: 1, missedReason: expect.stringContaining('means none of the project') });
  // Whoever began it died before that was told, and the installer asks for something else since.
  const half = ScheduleId.parse(newId());
  const begun = await world.ask(createRun, { runId: runOfSchedule(half, now), ...wanted, inputs: { port: 9999 }, serverIds: [db.serverId] });
  await becomes(await due(now, { cron, scheduleId: half }), { lastRunId: begun.id, missed: 0 });
  const late = await due(ago(120 * MINUTE_MS), { cron: '0 0 1 1 *' });
  await becomes(late, { lastRunId: null, missed: 1, missedReason: expect.stringContaining('Citrus was not running') });
  const early = await due(ago(10 * MINUTE_MS), { cron: '*/2 * * * *' });
  await eventually(async () => {
    const schedule = await world.ask(readSchedule, { scheduleId: early });
    expect(schedule.missed).toBeGreaterThanOrEqual(4);
    expect(schedule.lastRunId).not.toBeNull();
  }, PATIENT);
  await world.ask(abortRun, { runId: run.id });
  await eventually(async () => expect(await world.ask(readRun, { runId: run.id })).toMatchObject({ status: 'aborted' }), PATIENT);
  expect(await world.ask(retryRun, { runId: run.id, newRunId: RunId.parse(newId()) }), 'somebody began it').toMatchObject({ retryOf: run.id, scheduleId: null });
  expect((await world.ask(listRuns, { limit: 50 })).items.filter((each) => each.scheduleId !== null)).toHaveLength(2);
});
