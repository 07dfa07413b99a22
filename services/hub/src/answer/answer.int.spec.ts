/** Two hubs, several people, and one service whose log, read model and relay go at their own pace. */
import { createServer, listServers, subjects, type EventEnvelope, type RequestDefinition, type Server } from '@citrus/contracts';
import { HEADERS } from '@citrus/kit-messaging';
import { eventually, somebody } from '@citrus/kit-testing';
import { headers } from '@nats-io/nats-core';
import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import { claimsIn } from '../http/claims.ts';
import { OTHER_PROJECT, PROJECT, test, type Hub } from '../hub.fixture.ts';

const at = new Date(0).toISOString();
const PROJECTS = [PROJECT, OTHER_PROJECT];

/** Servers are numbers here: a list names the events of its project that the read model has applied, and who asked. */
const serverOf = (projectId: string, name: string, n: number): Server =>
  ({ id: `44444444-4444-4444-8444-${String(n).padStart(12, '0')}`, projectId, name, status: 'active', provider: 'none', cloudId: null, region: 'x', size: 'x', image: 'x', tags: [], dropletRef: null, ipAddress: null, agentId: null, note: null, power: 'on', isProtected: false, backups: false, action: null, maintenance: null, createdAt: at, updatedAt: at }) as unknown as Server;

const standUp = async (hub: Hub) => {
  const log: string[] = [];
  const state = { shown: 0, told: 0, asked: 0 };
  const reply = async <Input>(definition: RequestDefinition<Input>, handle: (input: Input, userId: string) => unknown) => {
    hub.nc.subscribe(definition.subject, { callback: (_error, message) => {
      const before = state.shown;
      const body = handle(definition.input.parse(message.json()), claimsIn(message.headers?.get(HEADERS.token) ?? '').sub);
      const told = headers();
      told.set(HEADERS.asOf, String(before));
      told.set(HEADERS.upTo, String(state.shown));
      message.respond(JSON.stringify(body), { headers: told });
    } });
    await hub.nc.flush();
  };
  const shownOf = (projectId: string) => log.slice(0, state.shown).flatMap((project, n) => (project === projectId ? [n + 1] : []));
  await reply(listServers, ({ projectId }, userId) => {
    state.asked += 1;
    return { items: [serverOf(projectId, `${userId}~${shownOf(projectId).join('.')}`, 1)], nextCursor: null };
  });
  await reply(createServer, ({ projectId }) => {
    log.push(projectId);
    // As all services do: what was written can be read when it is answered.
    state.shown = log.length;
    return serverOf(projectId, 'new', log.length);
  });
  /** As the relay does, and nobody waits for it. */
  const tell = (): void => {
    const projectId = log[state.told];
    if (projectId === undefined) return;
    state.told += 1;
    const event: EventEnvelope = { id: `66666666-6666-4666-8666-${String(state.told).padStart(12, '0')}`, type: 'Happened', version: 1, stream: 'server-1', streamVersion: state.told, position: state.told, at, actor: { kind: 'service', id: 'x' }, projectId, correlationId: 'c', data: {} };
    hub.nc.publish(subjects.event('provisioning', event.stream, event.type), JSON.stringify(event));
  };
  return { log, state, tell, shownOf, append: (projectId: string) => void log.push(projectId) };
};

const ask = async (url: string, { projectId, token, more = {} }: { projectId: string; token: string; more?: Record<string, string> }) => {
  const response = await fetch(`${url}/api/servers?projectId=${projectId}`, { headers: { authorization: `Bearer ${token}`, ...more } });
  const text = await response.text();
  const [who = '', positions = ''] = text === '' ? [] : ((JSON.parse(text) as { items: { name: string }[] }).items[0]?.name ?? '').split('~');
  return { status: response.status, headers: response.headers, who, shown: positions.split('.').filter(Boolean).map(Number) };
};
const create = (url: string, projectId: string, token: string) => fetch(`${url}/api/servers`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ projectId, name: 'web-1' }) });

const members = PROJECTS.map((projectId) => ({ projectId, role: 'operator' as const }));

describe('answers that are kept', () => {
  test('are those that would be given now, for each on their own, whatever is written, shown and told in which order', { timeout: 120_000 }, async ({ hub }) => {
    const service = await standUp(hub);
    const other = await hub.another();
    const urls = [hub.url, `http://127.0.0.1:${other.port}`];
    const people = [somebody({ memberships: members }), somebody({ memberships: members }), somebody({ memberships: members })];
    const tokens = await Promise.all(people.map((person) => hub.tokenOf(person)));
    /** Everything that was told until now has come to both hubs. */
    const heard = async () => {
      await hub.nc.flush();
      await Promise.all([hub.running.nats.flush(), other.nats.flush()]);
    };
    const read = (which: number, project: number, person: number) => ask(urls[which] ?? '', { projectId: PROJECTS[project] ?? '', token: tokens[person] ?? '' });
    // A hub that has just come keeps nothing.
    for (const which of [0, 1]) {
      await eventually(async () => {
        const before = service.state.asked;
        await read(which, 0, 0);
        await read(which, 0, 0);
        expect(service.state.asked).toBeLessThanOrEqual(before + 1);
      });
    }
    const pick = { which: fc.nat(1), project: fc.nat(1), person: fc.nat(2) };
    const step = fc.oneof({ weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), ...pick }) }, { weight: 1, arbitrary: fc.record({ do: fc.constant('write' as const), ...pick }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('append' as const, 'show' as const, 'tell' as const, 'hear' as const), ...pick }) });
    let fromMemory = 0;
    /** What each hub must show at least: what it was told, and what was written through it. */
    const least = new Map<string, number>();
    const run = async (steps: readonly { do: string; which: number; project: number; person: number }[]) => {
      for (const { do: what, which, project, person } of steps) {
        const projectId = PROJECTS[project] ?? '';
        if (what === 'append') service.append(projectId);
        if (what === 'show') service.state.shown = service.log.length;
        // The relay may be ahead of the read model.
        if (what === 'tell') service.tell();
        if (what === 'hear') {
          await heard();
          service.state.shown = Math.max(service.state.shown, service.state.told);
          for (const hubs of [0, 1]) service.log.slice(0, service.state.told).forEach((of, n) => least.set(`${hubs} ${of}`, Math.max(n + 1, least.get(`${hubs} ${of}`) ?? 0)));
        }
        if (what === 'write') {
          expect((await create(urls[which] ?? '', projectId, tokens[person] ?? '')).status).toBe(202);
          least.set(`${which} ${projectId}`, service.log.length);
        }
        if (what === 'read') {
          const before = service.state.asked;
          const { who, shown } = await read(which, project, person);
          fromMemory += service.state.asked === before ? 1 : 0;
          expect(who).toBe(people[person]?.userId);
          const must = service.log.flatMap((of, n) => (of === projectId && n < (least.get(`${which} ${projectId}`) ?? 0) ? [n + 1] : []));
          expect(shown.slice(0, must.length)).toEqual(must);
        }
      }
      while (service.state.told < service.log.length) service.tell();
      service.state.shown = service.log.length;
      await heard();
      for (const which of [0, 1]) for (const project of [0, 1]) expect((await read(which, project, 0)).shown).toEqual(service.shownOf(PROJECTS[project] ?? ''));
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), run), { numRuns: 25, endOnFailure: true });
    expect(fromMemory).toBeGreaterThan(20);
  });

  test('have an ETag, are not sent again to who has them, and go nowhere but to who asked', async ({ hub }) => {
    await standUp(hub);
    const token = await hub.tokenOf(somebody({ memberships: members }));
    const first = await ask(hub.url, { projectId: PROJECT, token });
    const etag = first.headers.get('etag') ?? '';
    expect([first.status, first.headers.get('cache-control'), first.headers.get('vary')]).toEqual([200, 'private, no-cache', 'authorization, cookie']);
    const again = await ask(hub.url, { projectId: PROJECT, token, more: { 'if-none-match': `"other", W/${etag}` } });
    expect([again.status, again.headers.get('etag')]).toEqual([304, etag]);
    expect((await create(hub.url, PROJECT, token)).status).toBe(202);
    const changed = await ask(hub.url, { projectId: PROJECT, token, more: { 'if-none-match': etag } });
    expect([changed.status, changed.shown]).toEqual([200, [1]]);
    expect((await hub.call('GET', '/api/auth/me')).headers.get('cache-control')).toBe('no-store');
    expect((await hub.call('GET', '/api/servers?sort=password')).headers.get('cache-control')).toBe('no-store');
  });

  test('are not older than what somebody wrote at another hub, who says so', async ({ hub }) => {
    const service = await standUp(hub);
    const other = await hub.another();
    const elsewhere = `http://127.0.0.1:${other.port}`;
    const token = await hub.tokenOf(somebody({ memberships: members }));
    await eventually(async () => {
      const before = service.state.asked;
      await ask(elsewhere, { projectId: PROJECT, token });
      await ask(elsewhere, { projectId: PROJECT, token });
      expect(service.state.asked).toBeLessThanOrEqual(before + 1);
    });
    const written = await create(hub.url, PROJECT, token);
    const position = written.headers.get('citrus-position') ?? '';
    expect([position, written.headers.get('set-cookie')]).toEqual(['provisioning:1', null]);
    // Nobody has told it there.
    expect((await ask(elsewhere, { projectId: PROJECT, token })).shown).toEqual([]);
    expect((await ask(elsewhere, { projectId: PROJECT, token, more: { 'citrus-after': position } })).shown).toEqual([1]);
    expect((await ask(elsewhere, { projectId: PROJECT, token, more: { 'citrus-after': 'nonsense' } })).status).toBe(200);
    // A browser takes it along by itself.
    const cookie = `citrus=${encodeURIComponent(token)}`;
    const byBrowser = await fetch(`${hub.url}/api/servers`, { method: 'POST', headers: { cookie, origin: 'http://citrus.test', 'content-type': 'application/json' }, body: JSON.stringify({ projectId: PROJECT, name: 'web-2' }) });
    expect(byBrowser.headers.get('set-cookie')).toBe('citrus-wrote=provisioning%3A2; Path=/; HttpOnly; SameSite=Strict; Max-Age=60');
  });
});
