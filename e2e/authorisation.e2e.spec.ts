/**
 * Nobody gets where they don't belong: every route of the running hub and every call of the services behind it, asked by
 * everybody, about their own things and about those of others. What must come back follows from the route's rule alone.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import * as contracts from '@citrus/contracts';
import { inboxPrefixOf, LOGGED_SERVICES, roleIncludes, ServiceName, type Access, type RequestDefinition, type Role } from '@citrus/contracts';
import { connectNats, createRequests } from '@citrus/kit-messaging';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environmentOf, everybody, openPeople, type Caller, type People, type Standing } from './authorisation-callers.ts';
import { SAMPLES, type Sample, type Target } from './authorisation-samples.ts';
import { Client, type Problem } from './client.ts';
import { startSystem, type System } from './system.ts';

type Rule = { readonly by: 'anyone' } | { readonly by: 'person'; readonly with: 'session' | 'any'; readonly evenWithoutFactor?: true } | { readonly by: 'administrator' } | { readonly by: 'member'; readonly role: Role; readonly scope: 'project' | 'any'; readonly with?: 'session' };
type Route = { readonly method: string; readonly path: string; readonly rule: Rule };
type Verdict = 'in' | 401 | 403;
/** Whose ids and whose project the request names. */
type Variant = 'own' | 'foreign ids' | 'foreign project';
type Answered = { readonly status: number; readonly text: string };

const isDefinition = (value: unknown): value is RequestDefinition => typeof value === 'object' && value !== null && 'access' in value && 'subject' in value && 'reply' in value;
const DEFINITIONS: readonly RequestDefinition[] = (Object.values(contracts) as unknown[]).filter(isDefinition);

const isProjectScoped = ({ rule }: Route): boolean => rule.by === 'member' && rule.scope === 'project';

/** The rule, as its words say it; written anew here, so that the hub is not measured with its own yardstick. */
const verdictOf = (rule: Rule | Access, standing: Standing | undefined, projectId: string | undefined): Verdict => {
  if (rule.by === 'anyone') return 'in';
  if (!standing) return 401;
  const { roles, isAdministrator, by, isFactorDue } = standing;
  if (isFactorDue && !(rule.by === 'person' && rule.evenWithoutFactor)) return 403;
  if (rule.by === 'person') return rule.with === 'session' && by !== 'session' ? 403 : 'in';
  if (rule.by === 'administrator') return isAdministrator && by === 'session' ? 'in' : 403;
  if (rule.by !== 'member') throw new Error(`not for people: ${rule.by}`);
  if ('with' in rule && rule.with === 'session' && by !== 'session') return 403;
  const held = Object.entries(roles).filter(([project]) => projectId === undefined || project === projectId);
  return held.some(([, role]) => roleIncludes(role, rule.role)) ? 'in' : 403;
};

const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 120_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('the system did not get there within two minutes');
    await delay(200);
  }
};

const filesIn = (folder: string): string[] => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)]));

describe('authorisation', () => {
  let system: System;
  let routes: readonly Route[];
  let callers: readonly Caller[];
  let mine: Target;
  let other: Target;
  let markers: Readonly<Record<string, string>>;
  let people: People;
  let nats: NatsConnection;

  const ask = async (method: string, path: string, options: { token?: string | undefined; body?: object | undefined; headers?: Record<string, string> } = {}): Promise<Answered> => {
    const leave = new AbortController();
    const response = await fetch(`${system.url}${path}`, {
      method, redirect: 'manual', signal: AbortSignal.any([leave.signal, AbortSignal.timeout(30_000)]),
      headers: { ...(options.token && { authorization: `Bearer ${options.token}` }), ...(options.body && { 'content-type': 'application/json' }), ...options.headers },
      ...(options.body && { body: JSON.stringify(options.body) }),
    });
    const { status, body } = response;
    if (status !== 200 || !response.headers.get('content-type')?.startsWith('text/event-stream')) return { status, text: await response.text() };
    // A live stream tells at once what there is; it is read for a moment and left.
    let text = '';
    const enough = setTimeout(() => leave.abort(), 400);
    try {
      for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
    } catch (error) {
      if (!leave.signal.aborted) throw error;
    }
    clearTimeout(enough);
    return { status, text };
  };

  /** A project with a server, an agent, a job, its log and its events, and all that people can make in it. */
  const populate = async (projectId: string, marker: string): Promise<Target> => {
    const read = async <T>(path: string): Promise<T> => (await people.admin.get<T>(path)).body;
    const make = async <T = { id: string }>(path: string, body: object): Promise<T> => {
      const { status, body: made } = await people.admin.insist<T>('POST', path, { projectId, ...body });
      if (status >= 300) throw new Error(`POST ${path} answered ${status}: ${JSON.stringify(made)}`);
      return made;
    };
    const { id: serverId } = await make('/api/servers', { name: marker });
    const { userId, token } = await people.invite(projectId, 'viewer');
    const { body: apiToken } = await new Client(system.credentials, token).insist<{ id: string }>('POST', '/api/tokens', { name: marker, expiresInDays: 1, scopes: [{ projectId, role: 'viewer' }] });
    const { invitation } = await make<{ invitation: { id: string } }>('/api/invitations', { email: `${marker}@example.org`, role: 'viewer' });
    const { userId: accountId } = await make<{ userId: string }>('/api/service-accounts', { name: marker, role: 'viewer' });
    const { id: accountTokenId } = await make(`/api/service-accounts/${accountId}/tokens`, { name: marker, expiresInDays: 1 });
    const server = () => read<{ status: string; agentId: string }>(`/api/servers/${serverId}?projectId=${projectId}`);
    await until(async () => (await server()).status === 'active');
    const { id: jobId } = await make('/api/jobs', { serverId, installer: 'static-site', action: 'install', inputs: { site_title: marker, site_port: 8300 + Math.floor(Math.random() * 600) } });
    await until(async () => (await read<{ status: string }>(`/api/jobs/${jobId}?projectId=${projectId}`)).status === 'succeeded');
    const { items } = await read<{ items: { id: string; service: string; position: number }[] }>(`/api/events?about=${serverId}&service=provisioning`);
    const [event] = items;
    if (!event) throw new Error('the server has no events');
    const { sid: sessionId } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string };
    return { projectId, serverId, jobId, agentId: (await server()).agentId, userId, sessionId, apiTokenId: apiToken.id, invitationId: invitation.id, accountId, accountTokenId, eventId: event.id, position: event.position };
  };

  beforeAll(async () => {
    system = await startSystem({ driver: 'process' });
    people = await openPeople(system);
    const { projects } = people;
    markers = Object.fromEntries(projects.map((projectId, index) => [projectId, `marker-${'ab'[index]}-${randomUUID().slice(0, 12)}`]));
    [mine, other] = await Promise.all(projects.map((projectId) => populate(projectId, markers[projectId] ?? ''))) as [Target, Target];
    const identity = filesIn(system.home).map((file) => (file.endsWith('.json') ? /"natsJwt":\s*"([^"]+)"/.exec(readFileSync(file, 'utf8'))?.[1] : undefined)).find(Boolean);
    if (!identity) throw new Error('no agent left its credential in the home');
    callers = await everybody(system, people, identity);
    const { paths } = JSON.parse((await ask('GET', '/api/openapi.json')).text) as { paths: Record<string, Record<string, { 'x-rule': Rule }>> };
    routes = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path: path.replaceAll(/\{(\w+)\}/g, ':$1'), rule: operation['x-rule'] })));
    const { CITRUS_NATS_URL: url = '', CITRUS_NATS_CREDS_FILE: credsFile = '' } = environmentOf(system, 'hub');
    nats = await connectNats({ url, credsFile, name: 'matrix', inboxPrefix: inboxPrefixOf('hub') });
  }, 300_000);
  afterAll(async () => {
    await nats?.close();
    await system?.dispose();
  });

  const isGuess = ({ token, standing }: Caller): boolean => !standing && token?.startsWith('ctr_') === true;
  const nameOf = ({ method, path }: Route) => `${method} ${path}`;
  const targetsOf = ({ home }: Caller): { own: Target; foreign: Target } => (home === mine.projectId ? { own: mine, foreign: other } : { own: other, foreign: mine });
  const projectNamed = (caller: Caller, variant: Variant) => (variant === 'foreign project' ? targetsOf(caller).foreign : targetsOf(caller).own).projectId;
  const sampleOf = (route: Route, caller: Caller, variant: Variant): Sample => {
    const { own, foreign } = targetsOf(caller);
    const sample = SAMPLES[nameOf(route)];
    if (!sample) throw new Error(`${nameOf(route)} has no sample in authorisation-samples.ts`);
    return sample(variant === 'own' ? own : foreign);
  };
  const expectation = (route: Route, caller: Caller, variant: Variant): Verdict => verdictOf(route.rule, caller.standing, isProjectScoped(route) ? projectNamed(caller, variant) : undefined);
  /** Whether its input names anything of a project beside the project. */
  const namesIds = (route: Route, caller: Caller): boolean => JSON.stringify(sampleOf(route, caller, 'own')) !== JSON.stringify(sampleOf(route, caller, 'foreign ids'));
  const send = async (route: Route, caller: Caller, variant: Variant): Promise<Answered> => {
    const { params = {}, query = {}, body } = sampleOf(route, caller, variant);
    const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const named = isProjectScoped(route) ? { projectId: projectNamed(caller, variant) } : {};
    const isInBody = route.method === 'POST';
    const search = new URLSearchParams({ ...query, ...(!isInBody && named) }).toString();
    const again = () => ask(route.method, `${path}${search && `?${search}`}`, { token: caller.token, ...(isInBody && { body: { ...body, ...named } }) });
    const { answers = [] } = sampleOf(route, caller, variant);
    // Attempts are counted by address: everybody here has the same one, so they take turns.
    const isCounted = !isGuess(caller) && route.rule.by !== 'anyone';
    const isForLater = (status: number): boolean => !answers.includes(status) && (status === 503 || (status === 429 && isCounted));
    let answer = await again();
    for (let tries = 0; isForLater(answer.status) && tries < 40; tries += 1) {
      await delay(500);
      answer = await again();
    }
    return answer;
  };

  /** Whether an answer is what the rule says; undefined when it is. */
  const wrongIn = (route: Route, caller: Caller, variant: Variant, { status, text }: Answered): string | undefined => {
    const verdict = expectation(route, caller, variant);
    const { answers, foreign } = sampleOf(route, caller, variant);
    const tell = (wanted: string) => `${nameOf(route)} as ${caller.name}, ${variant}: wanted ${wanted}, got ${status} ${text.slice(0, 160)}`;
    const hidden = Object.entries(markers).filter(([projectId]) => verdict !== 'in' || caller.standing?.roles[projectId] === undefined).map(([, marker]) => marker);
    if (hidden.some((marker) => text.includes(marker))) return tell('nothing of a foreign project');
    // Guessing API tokens is slowed down for the whole address; that is a refusal, too.
    if (isGuess(caller) && status === 429) return undefined;
    if (verdict !== 'in') return status === verdict ? undefined : tell(String(verdict));
    const allowed = variant === 'own' || !namesIds(route, caller) ? (answers ?? [200, 201, 202, 204]) : [403, 404, ...(foreign ?? [])];
    return allowed.includes(status) ? undefined : tell(allowed.join(' or '));
  };

  const eachOf = function* (variants: readonly Variant[], isMeant: (route: Route, caller: Caller, variant: Variant) => boolean) {
    for (const caller of callers) for (const variant of variants) for (const route of routes) if (isMeant(route, caller, variant)) yield { caller, variant, route };
  };
  /** Callers side by side, each one thing after the other: a person has few hands, and the hub counts them. */
  const askAll = async (cases: Iterable<{ caller: Caller; variant: Variant; route: Route }>): Promise<{ asked: number; wrong: string[] }> => {
    const lists = [...Map.groupBy(cases, ({ caller }) => caller).entries()];
    let asked = 0;
    const askInTurn = async (all: readonly { caller: Caller; variant: Variant; route: Route }[]): Promise<string[]> => {
      const found: string[] = [];
      for (const { route, caller, variant } of all) {
        asked += 1;
        const problem = wrongIn(route, caller, variant, await send(route, caller, variant));
        if (problem) found.push(problem);
      }
      return found;
    };
    const some = (isMeant: (caller: Caller) => boolean) => Promise.all(lists.filter(([caller]) => isMeant(caller)).map(([, all]) => askInTurn(all)));
    // Who guesses API tokens is asked last: good ones from the same address are slowed down with them.
    const wrong = [...(await some((caller) => !isGuess(caller))), ...(await some(isGuess))];
    return { asked, wrong: wrong.flat() };
  };

  /** What people did in both projects, as their owner sees it, and what there is. */
  const stateOf = async (): Promise<unknown> => {
    const items = async (path: string) => (await people.admin.get<{ items: Record<string, unknown>[] }>(path)).body.items;
    const events = (await items('/api/events?limit=1000')).filter((event) => (event['actor'] as { kind: string }).kind === 'user').map(({ service, position, type }) => `${String(service)}:${String(position)} ${String(type)}`);
    const paths = ['/api/installers', '/api/projects', '/api/users', ...[mine, other].flatMap(({ projectId }) => ['servers', 'jobs', 'members', 'invitations', 'service-accounts'].map((list) => `/api/${list}?projectId=${projectId}`))];
    const lists = await Promise.all(paths.map(items));
    return { events, lists: lists.map((list) => list.map(({ id, userId, name, status, role, isAdministrator, memberships }) => [id ?? userId, name, status, role, isAdministrator, memberships])) };
  };

  test('every route has a sample, and every sample a route', () => {
    const names = routes.map(nameOf);
    expect(names.filter((name) => !SAMPLES[name]), 'add them to authorisation-samples.ts').toEqual([]);
    expect(routes.filter(({ rule }) => !rule?.by).map(nameOf), 'without a rule').toEqual([]);
  });

  test('T401. reading, and all that is refused: as the rule says, nothing of others, and nothing is changed', async () => {
    const before = await stateOf();
    const { asked, wrong } = await askAll(eachOf(['own', 'foreign ids', 'foreign project'], (route, caller, variant) => {
      if (!SAMPLES[nameOf(route)]) return false;
      // Without a project to name there is no foreign one; and a stranger's ids are nobody's.
      if (variant === 'foreign project' && !isProjectScoped(route)) return false;
      // Whose ids a token that is not believed names makes no difference; nobody at all asks for everything.
      if (!caller.standing && caller.name !== 'nobody' && variant !== 'own') return false;
      if (isGuess(caller) && !route.path.startsWith('/api/servers')) return false;
      // These count by address, and everybody here has the same one.
      const isLimited = route.rule.by === 'anyone' && (route.method === 'POST' || route.path.includes('/oidc/'));
      if (isLimited) return caller.name === 'nobody' && variant === 'own';
      if (expectation(route, caller, variant) !== 'in') return true;
      return variant === 'own' ? route.method === 'GET' : variant === 'foreign ids' && namesIds(route, caller) && !sampleOf(route, caller, variant).reachesEverybody;
    }));
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(1000);
    expect(await stateOf()).toEqual(before);
  }, 400_000);

  test('T401. the same calls over NATS, past the gate of the hub', async () => {
    const requests = createRequests(nats);
    const { readHistoryOf, readLinksOf, readStateOf, readDiffOf, verifyLogOf, listProjectionsOf, pauseProjectionOf, resumeProjectionOf, rebuildProjectionOf, switchProjectionOf, rollbackProjectionOf, verifyProjectionOf } = contracts;
    const made = [readHistoryOf, readLinksOf, readStateOf, readDiffOf, verifyLogOf, listProjectionsOf, pauseProjectionOf, resumeProjectionOf, rebuildProjectionOf, switchProjectionOf, rollbackProjectionOf, verifyProjectionOf];
    const definitions = [...DEFINITIONS, ...made.flatMap((make) => LOGGED_SERVICES.map((service) => make(service) as RequestDefinition))];
    const forPeople = definitions.filter(({ access }) => access.by === 'person' || access.by === 'administrator' || access.by === 'member');
    const wrong: string[] = [];
    for (const definition of forPeople) {
      await Promise.all(callers.filter(({ isForTheHub }) => !isForTheHub).flatMap((caller) => [mine, other].map(async ({ projectId }) => {
        const verdict = verdictOf(definition.access, caller.standing, projectId);
        if (verdict === 'in') return;
        const kind = await requests.call(definition, { projectId }, { token: caller.token, timeoutMs: 30_000 }).then(() => 'answered', (error: Error) => error.constructor.name);
        if (kind !== (verdict === 401 ? 'Unauthenticated' : 'Forbidden')) wrong.push(`${definition.subject} as ${caller.name}: wanted ${verdict}, got ${kind}`);
      })));
    }
    expect(wrong).toEqual([]);
    expect(forPeople.length).toBeGreaterThan(30);
  });

  test('T301. hub’s credential is good for no other service’s calls', async () => {
    const requests = createRequests(nats);
    const forServices = DEFINITIONS.filter(({ access }) => access.by === 'service' && !access.services.includes('hub'));
    for (const definition of forServices) await expect(requests.call(definition, {}, { timeoutMs: 500 }), definition.subject).rejects.toThrow();
    expect(forServices.length).toBeGreaterThan(0);
    expect(ServiceName.options).toHaveLength(5);
  });

  describe('tricks', () => {
    const as = (name: string): Caller => {
      const caller = callers.find((one) => one.name === name);
      if (!caller) throw new Error(name);
      return caller;
    };
    const unchanged = async (work: () => Promise<void>): Promise<void> => {
      const before = await stateOf();
      await work();
      expect(await stateOf()).toEqual(before);
    };

    test.each(['role', 'tenantId', 'isAdmin', 'isAdministrator', 'createdAt', 'id', 'status', 'agentId', '__proto__', 'constructor'])('T509. a field that is not one of the route’s: %s', (field) =>
      unchanged(async () => {
        const body = JSON.parse(`{"name":"sneaky","projectId":"${mine.projectId}","${field}":"owner"}`) as object;
        const raw = JSON.stringify({ name: 'sneaky', projectId: mine.projectId }).replace('}', `,"${field}":"owner"}`);
        const response = await fetch(`${system.url}/api/servers`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${as('operator').token}` }, body: raw });
        expect([response.status, Object.keys(body).length > 0]).toEqual([400, true]);
      }));

    test.each(['sort=password_hash', 'sort=-sealed_password', 'user=x', 'scope=all', 'team=x', 'include=secret', 'userId=x', 'limit=100000', 'limit=-1', 'projectId=*', 'projectId=%25'])('a query that asks for more: ?%s', async (query) => {
      const { status } = await ask('GET', `/api/servers?${query}`, { token: as('viewer').token });
      expect(status).toBe(400);
    });

    test('a project named twice counts once, and never as another one', async () => {
      for (const path of [`/api/servers?projectId=${mine.projectId}&projectId=${other.projectId}`, `/api/servers?projectId=${other.projectId}&projectId=${mine.projectId}`, `/api/servers?projectId[]=${other.projectId}`]) {
        const { status, text } = await ask('GET', path, { token: as('owner').token });
        expect([400, 403], path).toContain(status);
        expect(text).not.toContain(markers[other.projectId]);
      }
      const { status } = await ask('POST', `/api/servers?projectId=${mine.projectId}`, { token: as('owner').token, body: { name: 'twice', projectId: other.projectId } });
      expect(status).toBe(403);
    });

    test('headers that claim another method, path or sender', () =>
      unchanged(async () => {
        for (const header of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
          expect((await ask('GET', `/api/servers/${mine.serverId}?projectId=${mine.projectId}`, { token: as('viewer').token, headers: { [header]: 'DELETE' } })).status).toBe(200);
          expect((await ask('POST', `/api/servers/${mine.serverId}`, { token: as('owner').token, body: { projectId: mine.projectId, _method: 'DELETE' }, headers: { [header]: 'DELETE' } })).status).toBe(404);
        }
        for (const headers of [{ 'x-original-url': '/api/health' }, { 'x-rewrite-url': '/api/health' }, { 'x-forwarded-for': '127.0.0.1' }, { 'x-user-id': mine.userId }, { 'citrus-token': as('owner').token ?? '' }]) expect((await ask('GET', '/api/servers', { headers })).status, JSON.stringify(headers)).toBe(401);
      }));

    test('other ways of writing an address', async () => {
      const { method: _, ...paths } = { method: '', list: ['/api/servers/', '//api/servers', '/api//servers', '/api/./servers', '/api/x/../servers', '/api/%2e%2e/api/servers', '/api/servers%2f', '/API/SERVERS', '/api/Servers', '/api/servers;jsessionid=1', '/api/servers%00', '/api/servers.json', '/api/servers?', '/%61pi/servers', `/api/servers/${mine.serverId}/`, `/api//servers/${mine.serverId}`, `/api/servers/${mine.serverId.toUpperCase()}`] };
      for (const path of paths.list) {
        const { status, text } = await ask('GET', path);
        expect([200, 301, 400, 401, 404], path).toContain(status);
        expect(text, path).not.toContain('marker-');
        if (status === 200) expect(text, `${path} is the panel`).toContain('<!doctype html>');
        const foreign = await ask('GET', path, { token: as('owner of another project').token });
        expect(foreign.text, path).not.toContain(markers[mine.projectId]);
      }
      for (const method of ['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE'].filter((one) => one !== 'TRACE')) expect([401, 404, 405], method).toContain((await ask(method, `/api/servers/${mine.serverId}`)).status);
    });

    test('T605. a page of somebody else that makes the browser change something', () =>
      unchanged(async () => {
        const login = await fetch(`${system.url}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: system.credentials.email, password: system.credentials.password }) });
        const cookie = login.headers.getSetCookie().map((set) => set.split(';')[0]).join('; ');
        expect(cookie).not.toBe('');
        const body = JSON.stringify({ name: 'csrf' });
        const post = async (headers: Record<string, string>, text = body) => (await fetch(`${system.url}/api/servers`, { method: 'POST', headers: { cookie, ...headers }, body: text })).status;
        for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json; charset=utf-7', 'text/plain; application/json']) {
          for (const origin of [undefined, 'null', 'https://evil.example', `${system.url}.evil.example`, 'file://']) expect([400, 403, 415], `${type} from ${origin}`).toContain(await post({ 'content-type': type, ...(origin && { origin }) }));
        }
        for (const type of ['text/plain', 'application/x-www-form-urlencoded']) expect([400, 415], `${type} from our own page`).toContain(await post({ 'content-type': type, origin: system.url }));
      }));

    test('T403. a problem says nothing about whether a foreign thing exists', async () => {
      const asked = async (id: string) => {
        const { status, text } = await ask('GET', `/api/servers/${id}`, { token: as('owner').token });
        const { correlationId: _, ...problem } = JSON.parse(text) as Problem & { correlationId: string };
        return { status, problem: JSON.stringify(problem).replaceAll(id, 'ID') };
      };
      expect(await asked(other.serverId)).toEqual(await asked(randomUUID()));
    });
  });

  test('who is let in to change something is not refused', async () => {
    const rank = ({ route, caller }: { route: Route; caller: Caller }) => (route.path === '/api/auth/sessions' ? 3 : sampleOf(route, caller, 'own').isLast ? 2 : route.method === 'DELETE' ? 1 : 0);
    const cases = [...eachOf(['own'], (route, caller) => SAMPLES[nameOf(route)] !== undefined && caller.home === mine.projectId && route.method !== 'GET' && route.rule.by !== 'anyone' && expectation(route, caller, 'own') === 'in')];
    const { wrong } = await askAll(cases.toSorted((one, next) => rank(one) - rank(next)));
    expect(wrong).toEqual([]);
  });

  test('and nothing of that reached the other project', async () => {
    const { items } = (await people.admin.get<{ items: { id: string; status: string }[] }>(`/api/servers?projectId=${other.projectId}`)).body;
    expect(items.map(({ id, status }) => [id, status])).toEqual([[other.serverId, 'active']]);
  });

  test('T407. what was done and what was refused stands in the audit, as who it was, and without what was sent', async () => {
    const operator = callers.find(({ name }) => name === 'operator');
    const read = async () => (await people.admin.get<{ items: { action: string; outcome: string; code: string | null; address: string | null }[] }>(`/api/audit?projectId=${mine.projectId}&actor=${operator?.userId}&limit=200`)).body.items;
    await expect.poll(async () => (await read()).map(({ action, outcome }) => `${outcome} ${action}`), { timeout: 30_000 }).toContain('allowed POST /api/servers');
    // Refusals are counted until their minute is over.
    await expect.poll(async () => (await read()).map(({ action, outcome, code }) => `${outcome} ${action} ${code}`), { timeout: 90_000, interval: 2000 }).toContain('refused POST /api/invitations role.insufficient');
    expect(JSON.stringify(await read())).not.toContain('marker-');
    expect((await people.admin.get('/api/audit/installation')).status).toBe(200);
  }, 150_000);
});
