import {
  listProjectionsOf, readDiffOf, readHistoryOf, readLinksOf, readStateOf, rebuildProjectionOf, verifyLogOf, LOGGED_SERVICES, type EventEnvelope, type HistoryRead, type LoggedService, type ProjectionView,
  type StateRead,
} from '@citrus/contracts';
import { NotFound, Unauthenticated } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { OTHER_PROJECT, PROJECT, test, type Hub } from '../hub.fixture.ts';

const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const envelope = (position: number, more: Partial<EventEnvelope> = {}): EventEnvelope => ({
  id: idOf(position), type: 'Happened', version: 1, stream: 'server-1', streamVersion: position, position, at: new Date(position * 1000).toISOString(), projectId: PROJECT,
  actor: { kind: 'user', id: 'ann' }, correlationId: 'c', data: {}, ...more,
});
const view: ProjectionView = { name: 'servers', hasRows: true, version: 1, generation: 1, state: 'running', position: 5, head: 5, lag: 0, paused: false };

const answerLogs = async (hub: Hub, logs: Partial<Record<LoggedService, EventEnvelope[]>>, asked: HistoryRead[] = []) => {
  for (const service of LOGGED_SERVICES) {
    await hub.answer(readHistoryOf(service), (input) => {
      asked.push(input);
      const { after = 0, before = Infinity, limit, direction } = input;
      const log = (logs[service] ?? []).filter(({ position }) => position > after && position < before);
      return { events: (direction === 'backward' ? log.toReversed() : log).slice(0, limit), head: (logs[service] ?? []).length };
    });
  }
};
const answerLinks = async (hub: Hub, events: EventEnvelope[], services: readonly LoggedService[] = LOGGED_SERVICES) => {
  for (const service of services) {
    await hub.answer(readLinksOf(service), (input) => {
      const { ids, causedBy } = input;
      const links = service === 'provisioning' ? events.filter(({ id, causationId }) => ids.includes(id) || causedBy.includes(causationId ?? '')) : [];
      return { links: links.map((event) => ({ id: event.id, causationId: event.causationId ?? null, event, commandId: 'c1' })), isCut: false };
    });
  }
};
const linesOf = (text: unknown) => String(text).split('\n').filter(Boolean).map((one) => JSON.parse(one) as Record<string, unknown>);
const tokenOf = (hub: Hub, role: 'analyst' | 'owner') => hub.tokenFor([{ projectId: PROJECT, role }]);

describe('events', () => {
  test('are narrowed down by log, kind and time, up to a thousand', async ({ hub }) => {
    const asked: HistoryRead[] = [];
    await answerLogs(hub, { provisioning: [envelope(1), envelope(2)] }, asked);
    const page = await hub.call('GET', '/api/events?service=provisioning&category=server&from=2026-11-01T00:00:00Z&until=2026-11-02T00:00:00Z&limit=1000', { token: await tokenOf(hub, 'analyst') });
    expect(page.json).toMatchObject({ items: [{ service: 'provisioning', position: 2 }, { position: 1 }], nextCursor: null, liveCursor: 'provisioning:2' });
    await hub.call('GET', `/api/events?service=provisioning&text=Web%20%20fail%25d&categories=server,order&actor=ann&projectId=${PROJECT}`, { token: await tokenOf(hub, 'analyst') });
    expect(asked.find(({ words }) => words)).toMatchObject({ words: ['Web', 'fail%d'], categories: ['server', 'order'], actor: 'ann', projectId: PROJECT });
    expect(asked[0]).toMatchObject({ category: 'server', from: '2026-11-01T00:00:00Z', until: '2026-11-02T00:00:00Z', limit: 1000 });
    for (const wrong of ['limit=1001', 'service=hub', 'from=yesterday', 'cursor=x', 'colour=red', 'projectId=mine', 'categories=a-b', 'category=a-b', 'types=,', `categories=${'a,'.repeat(30)}a`]) expect((await hub.call('GET', `/api/events?${wrong}`)).status).toBe(400);
  });

  test('are read a few pages at a time by one person, so that a slow filter does not take the log from everybody', async ({ hub }) => {
    let answer: (() => void) | undefined;
    const slow = new Promise<void>((resolve) => (answer = resolve));
    await hub.answer(readHistoryOf('auth'), async () => {
      await slow;
      return { events: [], head: 0 };
    });
    let refused = 0;
    const pages = Array.from({ length: 8 }, async () => {
      const page = await hub.call('GET', '/api/events?service=auth&types=Never');
      if (page.status === 429) refused += 1;
      return page;
    });
    await eventually(() => expect(refused).toBe(2));
    answer?.();
    expect((await Promise.all(pages)).map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 200, 200, 429, 429]);
    expect((await hub.call('GET', '/api/events?service=auth')).status).toBe(200);
  });

  test('are found one by one, by place and by id', async ({ hub }) => {
    await answerLogs(hub, { provisioning: [envelope(1), envelope(2)] });
    expect((await hub.call('GET', '/api/events/provisioning/2')).json).toMatchObject({ service: 'provisioning', position: 2 });
    expect((await hub.call('GET', '/api/events/provisioning/3')).json).toMatchObject({ status: 404, code: 'event.unknown', detail: 'There is no such event in your projects.' });
    for (const wrong of ['hub/1', 'auth/0', 'auth/x', 'by-id/x']) expect((await hub.call('GET', `/api/events/${wrong}`)).status).toBe(400);
    await answerLinks(hub, [envelope(1)], ['provisioning']);
    expect((await hub.call('GET', `/api/events/by-id/${idOf(1)}`)).json).toMatchObject({ service: 'provisioning', id: idOf(1) });
    // Two logs do not answer: one of them may have it.
    expect((await hub.call('GET', `/api/events/by-id/${idOf(2)}`)).json).toMatchObject({ status: 503, code: 'service.unavailable' });
    await answerLinks(hub, [], ['auth', 'agent-mgmt', 'metrics']);
    expect((await hub.call('GET', `/api/events/by-id/${idOf(2)}`)).json).toMatchObject({ status: 404, code: 'event.unknown' });
  });
});

describe('why', () => {
  test('is told over all logs, or not at all', async ({ hub }) => {
    await answerLinks(hub, [envelope(1), envelope(2, { causationId: idOf(1) })], ['provisioning']);
    expect((await hub.call('GET', `/api/history/why/${idOf(2)}`)).status).toBe(503);
    await answerLinks(hub, [], ['auth', 'agent-mgmt', 'metrics']);
    expect((await hub.call('GET', `/api/history/why/${idOf(2)}`)).json).toMatchObject({ event: { id: idOf(2) }, causes: [{ id: idOf(1), service: 'provisioning' }], effects: [], command: { id: 'c1', actor: { id: 'ann' } } });
    expect((await hub.call('GET', `/api/history/why/${idOf(1)}`)).json).toMatchObject({ effects: [{ event: { id: idOf(2) }, effects: [] }] });
    expect((await hub.call('GET', `/api/history/why/${idOf(9)}`)).json).toMatchObject({ status: 404, code: 'event.unknown' });
    expect((await hub.call('GET', '/api/history/why/x')).status).toBe(400);
  });
});

describe('the state at a moment', () => {
  test('is asked of the service that knows, by instant or by position', async ({ hub }) => {
    const asked: StateRead[] = [];
    await hub.answer(readStateOf('provisioning'), (input) => {
      asked.push(input);
      return { point: { position: 7, at: null }, items: [{ id: 's1', state: { name: 'web' } }], nextCursor: 'next' };
    });
    const at = '2026-11-21T10:00:00.000Z';
    expect((await hub.call('GET', `/api/history/state?of=server&at=${at}&limit=10`)).json).toEqual({ at, vector: 'provisioning:7', items: [{ of: 'server', id: 's1', state: { name: 'web' } }], nextCursor: 'next' });
    await hub.call('GET', '/api/history/state?of=server&at=provisioning:5,auth:2&id=s1');
    await hub.call('GET', `/api/history/state?of=server&projectId=${PROJECT}&serverId=${idOf(4)}`);
    expect(asked).toMatchObject([{ at: { instant: at }, limit: 10 }, { at: { position: 5 }, id: 's1' }, { at: { instant: expect.stringContaining('T') }, projectId: PROJECT, serverId: idOf(4) }]);
    expect((await hub.call('GET', '/api/history/state?of=job')).status).toBe(503);
    expect((await hub.call('GET', '/api/history/state?of=server&at=yesterday')).json).toMatchObject({ status: 400, fields: [{ path: 'at', message: 'is an instant like 2026-11-21T10:00:00Z, or a position like provisioning:123' }] });
    for (const wrong of ['of=user', 'of=server&at=auth:5', 'of=server&id=a.b', 'at=2026-11-21T10:00:00Z']) expect((await hub.call('GET', `/api/history/state?${wrong}`)).status).toBe(400);
  });

  test('is not there for an id that is none of ours', async ({ hub }) => {
    await hub.answer(readStateOf('provisioning'), () => {
      throw new NotFound('history.unknown', 'There is and was no such server in your projects.');
    });
    expect((await hub.call('GET', '/api/history/state?of=server&id=s1')).json).toMatchObject({ status: 404, code: 'history.unknown' });
  });

  test('is compared with another one', async ({ hub }) => {
    const change = { id: 's1', before: null, after: { name: 'web' }, changes: [{ path: 'name', before: null, after: 'web' }] };
    await hub.answer(readDiffOf('provisioning'), () => ({ from: { position: 1, at: null }, to: { position: 7, at: null }, items: [change], nextCursor: null }));
    expect((await hub.call('GET', '/api/history/diff?of=server&from=provisioning:1&to=2026-11-21T10:00:00Z')).json)
      .toEqual({ from: 'provisioning:1', to: '2026-11-21T10:00:00Z', vectors: { from: 'provisioning:1', to: 'provisioning:7' }, items: [{ of: 'server', ...change }], nextCursor: null });
    expect((await hub.call('GET', '/api/history/diff?of=server')).json).toMatchObject({ status: 400, fields: [{ path: 'from' }] });
  });
});

describe('an export', () => {
  test('is every event once, merged, as lines', async ({ hub }) => {
    const log = Array.from({ length: 2500 }, (_, index) => envelope(index + 1));
    await answerLogs(hub, { provisioning: log, auth: [envelope(1, { at: new Date(1500).toISOString() })] });
    const { status, headers, json } = await hub.call('GET', '/api/history/export', { token: await tokenOf(hub, 'analyst') });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    const lines = linesOf(json);
    expect(lines).toHaveLength(2501);
    expect(lines.slice(0, 3).map(({ service, position }) => `${String(service)}:${String(position)}`)).toEqual(['provisioning:1', 'auth:1', 'provisioning:2']);
  });

  test('does not begin while a log is down', async ({ hub }) => {
    expect((await hub.call('GET', '/api/history/export')).json).toMatchObject({ status: 503, code: 'service.unavailable' });
    await answerLogs(hub, {});
    expect(await hub.call('GET', '/api/history/export')).toMatchObject({ status: 200, json: '' });
  });

  test('ends with a problem when the reader may not go on', async ({ hub }) => {
    await hub.answer(readHistoryOf('auth'), (input) => {
      if (((input).after ?? 0) > 0) throw new Unauthenticated('Your sign-in ran out.', 'session.expired');
      return { events: [envelope(1, { data: { text: 'x'.repeat(100_000) } })], head: 5 };
    });
    const { status, json } = await hub.call('GET', '/api/history/export?service=auth');
    expect(status).toBe(200);
    expect(linesOf(json)).toMatchObject([{ position: 1 }, { problem: { status: 401, code: 'session.expired', correlationId: expect.any(String) } }]);
  });

  test('ends with a problem when the sign-in runs out meanwhile', async ({ hub }) => {
    let position = 0;
    await hub.answer(readHistoryOf('auth'), () => ({ events: [envelope((position += 1))], head: 1_000_000 }));
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'analyst' }], '6s');
    const lines = linesOf((await hub.call('GET', '/api/history/export?service=auth', { token })).json);
    expect(lines.at(-1)).toMatchObject({ problem: { code: 'session.expired' } });
  });

  test('lets go of everything when the reader leaves', async ({ hub }) => {
    let calls = 0;
    await hub.answer(readHistoryOf('auth'), (input) => {
      calls += 1;
      const after = (input).after ?? 0;
      return { events: Array.from({ length: 500 }, (_, index) => envelope(after + index + 1, { data: { text: 'x'.repeat(1000) } })), head: 1_000_000 };
    });
    const leaving = new AbortController();
    const response = await fetch(`${hub.url}/api/history/export?service=auth`, { headers: { authorization: `Bearer ${await tokenOf(hub, 'analyst')}` }, signal: leaving.signal });
    await response.body?.getReader().read();
    // Nobody reads on: the hub must wait instead of filling its memory.
    let before = -1;
    await eventually(() => {
      const isResting = before === calls;
      before = calls;
      expect(isResting).toBe(true);
    });
    expect(calls).toBeLessThan(100);
    leaving.abort();
    await eventually(async () => expect(await hub.metrics()).toContain('citrus_live_readers{service="hub"} 0'));
  });

  test('can be asked for only so often', async ({ hub }) => {
    await answerLogs(hub, {});
    const statuses = await Promise.all(Array.from({ length: 7 }, async () => (await hub.call('GET', '/api/history/export')).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect((await hub.call('GET', '/api/history/export')).json).toMatchObject({ status: 429, code: 'rate.limited', detail: expect.stringContaining('more often') });
  });
});

describe('what only administrators may', () => {
  test('is verifying the logs, with progress', async ({ hub }) => {
    for (const service of LOGGED_SERVICES) {
      await hub.answer(verifyLogOf(service), (input) => ({ position: Math.min(120_000, (input.after ?? 0) + 50_000), head: 120_000, hash: 'b'.repeat(64), problems: [], seals: { checked: 0, lastSigned: 0, publicKeys: {} } }));
    }
    const { json } = await hub.call('GET', '/api/history/verify', { token: await hub.tokenOf({ isAdministrator: true }) });
    const lines = linesOf(json);
    expect(lines).toHaveLength(4 * LOGGED_SERVICES.length);
    expect(lines.slice(0, 4)).toMatchObject([{ progress: { service: 'auth', position: 50_000, head: 120_000 } }, { progress: {} }, { progress: {} }, { result: { service: 'auth', ok: true, position: 120_000 } }]);
  });

  test('is operating read models', async ({ hub }) => {
    const token = await hub.tokenOf({ isAdministrator: true });
    for (const service of LOGGED_SERVICES) await hub.answer(listProjectionsOf(service), () => ({ items: [view] }));
    expect((await hub.call('GET', '/api/projections', { token })).json).toMatchObject({ items: LOGGED_SERVICES.map((service) => ({ service, name: 'servers' })) });
    await hub.answer(rebuildProjectionOf('provisioning'), ({ name }) => ({ ...view, name, next: { generation: 2, version: 1, position: 0, state: 'building' as const } }));
    expect(await hub.call('POST', '/api/projections/provisioning/servers/rebuild', { token })).toMatchObject({ status: 202, json: { service: 'provisioning', name: 'servers', next: { state: 'building' } } });
    expect((await hub.call('POST', '/api/projections/provisioning/servers/switch', { token })).status).toBe(503);
    expect((await hub.call('POST', '/api/projections/hub/x/switch', { token })).status).toBe(400);
    expect((await hub.call('POST', '/api/projections/auth/x/explode', { token })).status).toBe(404);
  });

  test('T508. is refused to everybody else before any service is asked', async ({ hub }) => {
    const routes: [string, string][] = [['GET', '/api/history/verify'], ['GET', '/api/projections'], ['POST', '/api/installers/reload'], ...['rebuild', 'verify', 'switch', 'rollback', 'pause', 'resume'].map((verb): [string, string] => ['POST', `/api/projections/auth/users/${verb}`])];
    for (const [method, path] of routes) {
      expect((await hub.call(method, path, { token: '' })).status).toBe(401);
      for (const role of ['analyst', 'owner'] as const) expect((await hub.call(method, path, { token: await tokenOf(hub, role) })).json).toMatchObject({ status: 403, code: 'administrator.needed' });
      // Not by an API token, whoever's it is.
      expect((await hub.call(method, path, { token: await hub.tokenOf({ isAdministrator: true, signedInBy: 'token' }) })).json).toMatchObject({ status: 403, code: 'session.needed' });
    }
  });
});

describe('history', () => {
  test('needs a membership, and an analyst\'s is enough', async ({ hub }) => {
    await answerLinks(hub, [envelope(1)]);
    const nobody = await hub.tokenFor([]);
    for (const path of ['events', 'events/auth/1', `events/by-id/${idOf(1)}`, `history/why/${idOf(1)}`, 'history/state?of=server', 'history/diff?of=server&from=provisioning:0', 'history/export']) {
      expect((await hub.call('GET', `/api/${path}`, { token: '' })).status).toBe(401);
      expect((await hub.call('GET', `/api/${path}`, { token: nobody })).json).toMatchObject({ status: 403, code: 'project.not_a_member' });
    }
    expect((await hub.call('GET', `/api/history/why/${idOf(1)}`, { token: await tokenOf(hub, 'analyst') })).status).toBe(200);
    expect((await hub.call('GET', '/api/servers', { token: await tokenOf(hub, 'analyst') })).status).toBe(403);
  });

  test('passes the caller\'s token on: the services show only what is his or hers', async ({ hub }) => {
    const token = await hub.tokenFor([{ projectId: OTHER_PROJECT, role: 'analyst' }]);
    const carried = new Set<string | undefined>();
    await hub.answer(readStateOf('provisioning'), (_input, given) => (carried.add(given), { point: { position: 0, at: null }, items: [], nextCursor: null }));
    await hub.answer(readDiffOf('provisioning'), (_input, given) => (carried.add(given), { from: { position: 0, at: null }, to: { position: 0, at: null }, items: [], nextCursor: null }));
    await hub.answer(readHistoryOf('auth'), (_input, given) => (carried.add(given), { events: [], head: 0 }));
    for (const path of ['history/state?of=server', 'history/diff?of=server&from=provisioning:0', 'history/export?service=auth', 'events?service=auth']) expect((await hub.call('GET', `/api/${path}`, { token })).status).toBe(200);
    expect([...carried]).toEqual([token]);
  });

  test('is described, with its rules', async ({ hub }) => {
    const { json } = await hub.call('GET', '/api/openapi.json', { token: '' });
    const { paths } = json as { paths: Record<string, Record<string, { description: string; responses: Record<string, { content: Record<string, { schema: object }> }> }>> };
    for (const path of ['/api/events/{service}/{position}', '/api/events/by-id/{eventId}', '/api/history/why/{eventId}', '/api/history/state', '/api/history/diff', '/api/history/export']) expect(paths[path]?.['get']?.description).toContain('analyst');
    for (const path of ['/api/history/verify', '/api/projections']) expect(paths[path]?.['get']?.description).toContain('administrators');
    expect(paths['/api/projections/{service}/{name}/rebuild']?.['post']?.responses).toHaveProperty('202');
    expect(paths['/api/history/why/{eventId}']?.['get']?.responses['200']?.content['application/json']?.schema).toMatchObject({ $id: expect.stringMatching(/^urn:citrus:reply:/), $defs: {} });
  });
});
