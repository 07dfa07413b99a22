import { eventsStreamOf, jobChangedSubject, JobId, LOGGED_SERVICES, readHistoryOf, readJob, readJobLog, subjects, type EventEnvelope, type Job, type LogEntry, type LoggedService } from '@citrus/contracts';
import { NotFound } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect as connectTcp } from 'node:net';
import { describe, expect } from 'vitest';
import { OTHER_PROJECT, PROJECT, test, type Hub } from './hub.fixture.ts';

const JOB = JobId.parse('55555555-5555-4555-8555-555555555555');
const at = new Date(0).toISOString();

/** A reader of server-sent events, as a browser is one. */
const open = async (hub: Hub, path: string, { token, lastEventId }: { token: string; lastEventId?: string }) => {
  const leaving = new AbortController();
  const response = await fetch(`${hub.url}${path}`, { headers: { authorization: `Bearer ${token}`, ...(lastEventId && { 'last-event-id': lastEventId }) }, signal: leaving.signal });
  const told: { id: string | undefined; data: Record<string, unknown> }[] = [];
  const read = async () => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data) told.push({ id: /^id: (.*)$/m.exec(frame)?.[1], data: JSON.parse(data) as Record<string, unknown> });
      }
    }
    return 'ended';
  };
  return { status: response.status, told, ended: read().catch(() => 'broken'), leave: () => leaving.abort() };
};

describe('a job\'s stream', () => {
  /** What agent-mgmt would know, changed by the test. */
  const stand = async (hub: Hub) => {
    const known = { status: 'queued' as Job['status'], entries: [] as LogEntry[], complete: false, reads: 0 };
    await hub.answer(readJob, ({ jobId }) => {
      if (jobId !== JOB) throw new NotFound('job.unknown', 'There is no such job.');
      return { id: JOB, projectId: PROJECT, serverId: JOB, agentId: 'agent-under-test', installer: 'nginx', installerVersion: '1', installerDigest: `sha256:${'0'.repeat(64)}`, action: 'install', inputs: {}, status: known.status, attempt: 1, exitCode: known.complete ? 0 : null, reason: null, priority: 'normal', createdAt: at, startedAt: null, finishedAt: null, updatedAt: at } as unknown as Job;
    });
    await hub.answer(readJobLog, ({ after, limit }) => {
      known.reads += 1;
      return { entries: known.entries.filter(({ cursor }) => cursor > after).slice(0, Math.min(limit, 30)), complete: known.complete };
    });
    const changed = () => hub.nc.publish(jobChangedSubject(JOB));
    const add = (count: number) => {
      for (let n = 0; n < count; n += 1) known.entries.push({ cursor: known.entries.length + 1, attempt: 1, seq: known.entries.length + 1, at, text: `line ${known.entries.length + 1}\n`, progress: null });
      changed();
    };
    const set = (status: Job['status'], complete = false) => {
      Object.assign(known, { status, complete });
      changed();
    };
    return { known, add, set };
  };

  test('tells all output once, resumes after a break, and ends with the status only when the log is complete', async ({ hub }) => {
    const job = await stand(hub);
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }]);
    const first = await open(hub, `/api/jobs/${JOB}/stream`, { token });
    await eventually(() => expect(first.told).toMatchObject([{ data: { status: 'queued' } }]));
    job.set('running');
    job.add(450);
    await eventually(() => expect(first.told.filter(({ id }) => id)).toHaveLength(450));
    first.leave();
    job.add(10);
    const second = await open(hub, `/api/jobs/${JOB}/stream`, { token, lastEventId: '450' });
    await eventually(() => expect(second.told.filter(({ id }) => id).map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, n) => String(451 + n))));
    job.set('succeeded');
    job.add(5);
    await eventually(() => expect(second.told.at(-1)).toMatchObject({ id: '465', data: { status: 'running', output: 'line 465\n' } }));
    job.set('succeeded', true);
    expect(await second.ended).toBe('ended');
    expect(second.told.at(-1)).toEqual({ id: '466', data: { status: 'succeeded', exitCode: 0, attempt: 1 } });
    // A browser comes back by itself; it is told that there is nothing more.
    expect((await open(hub, `/api/jobs/${JOB}/stream`, { token, lastEventId: '466' })).status).toBe(204);
    expect((await open(hub, `/api/jobs/${JOB}/stream`, { token, lastEventId: '465' })).status).toBe(200);
  });

  test('is there as one text, which is cut off rather than ended when it cannot be told to its end', async ({ hub }) => {
    const job = await stand(hub);
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }]);
    const ask = () => fetch(`${hub.url}/api/jobs/${JOB}/log?format=text`, { headers: { authorization: `Bearer ${token}` } });
    job.add(70);
    job.known.entries.push({ cursor: 71, attempt: 1, seq: 71, at, text: '<script>\u001b[31m', progress: null });
    const answer = await ask();
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-content-type-options'), answer.headers.get('content-disposition')]).toEqual([200, 'text/plain; charset=utf-8', 'nosniff', `inline; filename="job-${JOB}.log"`]);
    expect(await answer.text()).toBe(job.known.entries.map(({ text }) => text).join(''));
    const whole = job.known.entries;
    // The second page is none.
    Object.defineProperty(job.known, 'entries', { get: () => (job.known.reads % 2 === 0 ? ('nothing' as never) : whole), configurable: true });
    job.known.reads = 0;
    const broken = await ask();
    await expect(broken.text()).rejects.toThrow();
    expect((await hub.call('GET', `/api/jobs/${PROJECT}/log?format=text&limit=nonsense`, { token })).status).toBe(400);
  });

  test('is refused for a job that is not there, and leaves nothing behind when the reader goes', async ({ hub }) => {
    const job = await stand(hub);
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }]);
    expect((await open(hub, `/api/jobs/${PROJECT}/stream`, { token })).status).toBe(404);
    job.set('running');
    const readers = await Promise.all(Array.from({ length: 20 }, () => open(hub, `/api/jobs/${JOB}/stream`, { token })));
    await eventually(() => readers.every(({ told }) => told.length > 0));
    const subscriptions = async () => ((await hub.metrics()).match(/citrus_live_readers\{.*\} (\d+)/)?.[1]);
    expect(await subscriptions()).toBe('20');
    for (const { leave } of readers) leave();
    await eventually(async () => expect(await subscriptions()).toBe('0'));
  });

  test('T952. waits for a reader who does not read, and lets go when that one leaves', async ({ hub }) => {
    const { known, set } = await stand(hub);
    const text = 'x'.repeat(20_000);
    for (let cursor = 1; cursor <= 3000; cursor += 1) known.entries.push({ cursor, attempt: 1, seq: cursor, at, text, progress: null });
    set('running');
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }]);
    const lazy = connectTcp(hub.running.port, '127.0.0.1');
    lazy.pause();
    lazy.write(`GET /api/jobs/${JOB}/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
    await eventually(() => known.reads > 3);
    // Long enough for all hundred pages, had nobody waited for the reader.
    for (let n = 0; n < 100; n += 1) await hub.call('GET', `/api/jobs/${JOB}/log?limit=30`);
    expect(known.reads - 100).toBeLessThan(50);
    lazy.destroy();
    await eventually(async () => expect(await hub.metrics()).toMatch(/citrus_live_readers\{.*\} 0/));
  });

  test('T951. is one of at most fifty of a person', async ({ hub }) => {
    await stand(hub);
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }]);
    const readers = await Promise.all(Array.from({ length: 60 }, () => open(hub, `/api/jobs/${JOB}/stream`, { token })));
    expect(readers.filter(({ status }) => status === 200)).toHaveLength(50);
    expect(readers.filter(({ status }) => status === 429)).toHaveLength(10);
    for (const { leave } of readers) leave();
    await eventually(async () => {
      const again = await open(hub, `/api/jobs/${JOB}/stream`, { token });
      again.leave();
      expect(again.status).toBe(200);
    });
  });

  test('says within ten seconds that it is still there, although nothing happens', { timeout: 60_000 }, async ({ hub }) => {
    await stand(hub);
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }]);
    const leaving = new AbortController();
    const response = await fetch(`${hub.url}/api/jobs/${JOB}/stream`, { headers: { authorization: `Bearer ${token}` }, signal: leaving.signal });
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) if ((text += chunk).includes(': still here\n\n')) break;
    expect(text.startsWith('retry: 2000\n\n')).toBe(true);
    expect(text).toContain(': still here\n\n');
    leaving.abort();
  });

  test('ends when its access token runs out', async ({ hub }) => {
    await stand(hub);
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }], '3s');
    const stream = await open(hub, `/api/jobs/${JOB}/stream`, { token });
    expect(stream.status).toBe(200);
    expect(await stream.ended).toBe('ended');
  });
});

describe('the events', () => {
  /** Three logs in memory that are read as the real ones and published as the relay does. */
  const stand = async (hub: Hub) => {
    const logs: Record<LoggedService, EventEnvelope[]> = { auth: [], provisioning: [], 'agent-mgmt': [], metrics: [] };
    for (const service of LOGGED_SERVICES) {
      await hub.answer(readHistoryOf(service), ({ after = 0, before = Infinity, limit, direction }) => {
        const seen = logs[service].filter((event) => event.projectId === PROJECT && event.position > after && event.position < before);
        return { events: (direction === 'forward' ? seen : seen.toReversed()).slice(0, Math.min(limit, 7)), head: logs[service].length };
      });
    }
    const relay = (service: LoggedService, event: EventEnvelope) => jetstream(hub.nc).publish(subjects.event(service, event.stream, event.type), JSON.stringify(event));
    let clock = 0;
    const append = (service: LoggedService, { projectId = PROJECT, published = true }: { projectId?: string; published?: boolean } = {}) => {
      const position = logs[service].length + 1;
      clock += 1;
      const event: EventEnvelope = { id: `66666666-6666-4666-8666-${String(clock).padStart(12, '0')}`, type: 'Happened', version: 1, stream: `thing-${position}`, streamVersion: 1, position, at: new Date(clock * 1000).toISOString(), actor: { kind: 'service', id: service }, projectId, correlationId: 'c', data: { service, position } };
      logs[service].push(event);
      return published ? relay(service, event) : Promise.resolve();
    };
    /** As the relay fills a stream that was made anew: from the first event, so that sequence is position. */
    const relayAll = async (service: LoggedService) => {
      for (const event of logs[service]) await relay(service, event);
    };
    return { append, relayAll };
  };
  const placesOf = (told: { data: Record<string, unknown> }[]) => told.map(({ data }) => `${String(data['service'])}:${String(data['position'])}`);

  test('are paged through backwards, newest first, without gap or duplicate', async ({ hub }) => {
    const { append } = await stand(hub);
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'analyst' }]);
    for (let n = 0; n < 12; n += 1) for (const service of ['auth', 'provisioning', 'agent-mgmt'] as const) await append(service, { projectId: n % 3 === 2 ? OTHER_PROJECT : PROJECT });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = (await hub.call('GET', `/api/events?limit=10${cursor && `&cursor=${cursor}`}`, { token })).json as { items: { at: string; service: string; position: number }[]; nextCursor: string | null };
      expect(page.items.length).toBeGreaterThan(0);
      seen.push(...page.items.map(({ at, service, position }) => `${at} ${service} ${position}`));
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(24);
    expect(new Set(seen).size).toBe(24);
    expect(seen).toEqual(seen.toSorted().toReversed());
    expect((await hub.call('GET', '/api/events?cursor=nonsense', { token })).status).toBe(400);
  });

  test('T404. are followed live and resumed, joined by position, and only those of the caller', async ({ hub }) => {
    const { append } = await stand(hub);
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'analyst' }]);
    for (let n = 0; n < 20; n += 1) await append('auth');
    const live = await open(hub, '/api/events/stream', { token });
    await append('auth');
    await append('provisioning', { projectId: OTHER_PROJECT });
    await append('provisioning');
    // Lost on the way to JetStream's reader: the hole shows with the next one.
    await append('agent-mgmt', { published: false });
    await append('agent-mgmt', { published: false });
    await append('agent-mgmt');
    await eventually(() => expect(placesOf(live.told)).toEqual(['auth:21', 'provisioning:2', 'agent-mgmt:1', 'agent-mgmt:2', 'agent-mgmt:3']));
    expect(live.told.at(-1)?.id).toBe('auth:21,provisioning:2,agent-mgmt:3,metrics:0');
    live.leave();
    await append('auth');
    await append('provisioning');
    const resumed = await open(hub, '/api/events/stream', { token, lastEventId: live.told[1]?.id ?? '' });
    await eventually(() => expect(placesOf(resumed.told)).toEqual(['agent-mgmt:1', 'agent-mgmt:2', 'agent-mgmt:3', 'auth:22', 'provisioning:3']));
    resumed.leave();
  });

  test('go on when the broker or a stream is made anew', async ({ hub, nats }) => {
    const { append, relayAll } = await stand(hub);
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'analyst' }]);
    await append('auth');
    const live = await open(hub, '/api/events/stream?after=auth:0', { token });
    await eventually(() => expect(placesOf(live.told)).toEqual(['auth:1']));
    await nats.kill();
    await nats.restart();
    await eventually(() => hub.nc.flush());
    await append('auth');
    await eventually(() => expect(placesOf(live.told).slice(0, 2)).toEqual(['auth:1', 'auth:2']), { timeoutMs: 30_000 });
    const jsm = await jetstreamManager(hub.nc);
    const { config } = await jsm.streams.info(eventsStreamOf('auth'));
    await jsm.streams.delete(config.name);
    await append('auth', { published: false });
    await eventually(() => jsm.streams.add(config));
    await relayAll('auth');
    await append('auth');
    await eventually(() => expect(placesOf(live.told)).toEqual(['auth:1', 'auth:2', 'auth:3', 'auth:4']), { timeoutMs: 30_000 });
    live.leave();
  });
});
