/** Two hubs behind a balancer that gives each connection to the next one, and one of them dies in the middle. */
import { createServer, listServers, LOGGED_SERVICES, readHistoryOf, subjects, type EventEnvelope, type RequestDefinition, type Server } from '@citrus/contracts';
import { HEADERS } from '@citrus/kit-messaging';
import { eventually, somebody } from '@citrus/kit-testing';
import { headers } from '@nats-io/nats-core';
import { connect, createServer as listenTcp, type AddressInfo, type Socket } from 'node:net';
import { describe, expect } from 'vitest';
import { PROJECT, test, type Hub } from './hub.fixture.ts';

const at = new Date(0).toISOString();

/** By connection, round robin; who does not answer is left out. */
const openBalancer = async (ports: readonly number[]) => {
  let next = 0;
  const open = new Set<Socket>();
  const dead = new Set<number>();
  const behind = new Map<Socket, number>();
  const pass = (from: Socket): void => {
    const living = ports.filter((port) => !dead.has(port));
    const port = living[(next += 1) % living.length] ?? 0;
    const to = connect({ host: '127.0.0.1', port });
    open.add(from);
    behind.set(from, port);
    to.once('connect', () => void from.pipe(to).pipe(from));
    to.on('error', () => from.destroy());
    to.once('close', () => from.end());
    from.once('close', () => {
      open.delete(from);
      behind.delete(from);
      to.destroy();
    });
    from.on('error', () => to.destroy());
  };
  const server = listenTcp(pass);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What a process that is killed looks like from outside: every connection is gone in the middle of whatever it carried. */
    kill: (port: number) => {
      dead.add(port);
      for (const [from, to] of behind) if (to === port) from.destroy();
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Provisioning, as far as this is about: servers that are made once by id, their events told a moment later, and the log. */
const playProvisioning = async (hub: Hub) => {
  const servers: Server[] = [];
  const log: EventEnvelope[] = [];
  const reply = <Input>(definition: RequestDefinition<Input>, handle: (input: Input) => unknown): void =>
    void hub.nc.subscribe(definition.subject, { callback: (_error, message) => {
      const before = log.length;
      const body = handle(definition.input.parse(message.json()));
      const told = headers();
      told.set(HEADERS.asOf, String(before));
      told.set(HEADERS.upTo, String(log.length));
      message.respond(JSON.stringify(body), { headers: told });
    } });
  const waiting: EventEnvelope[] = [];
  reply(createServer, ({ serverId, projectId, spec }) => {
    const known = servers.find(({ id }) => id === serverId);
    if (known) return known;
    const made = { id: serverId, projectId, name: spec.name, status: 'active', provider: 'none', cloudId: null, region: 'x', size: 'x', image: 'x', tags: [], dropletRef: null, ipAddress: null, agentId: null, note: null, power: 'on', isProtected: false, backups: false, action: null, maintenance: null, queue: null, createdAt: at, updatedAt: at } as unknown as Server;
    servers.push(made);
    const position = log.length + 1;
    const event: EventEnvelope = { id: `66666666-6666-4666-8666-${String(position).padStart(12, '0')}`, type: 'ServerRequested', version: 1, stream: `server-${serverId}`, streamVersion: 1, position, at, actor: { kind: 'service', id: 'x' }, projectId, correlationId: 'c', data: { name: spec.name } };
    log.push(event);
    waiting.push(event);
    return made;
  });
  reply(listServers, () => ({ items: servers, nextCursor: null }));
  for (const service of LOGGED_SERVICES) {
    reply(readHistoryOf(service), ({ after = 0, limit, direction }) => {
      const events = service === 'provisioning' ? log.filter(({ position }) => position > after) : [];
      return { events: (direction === 'forward' ? events : events.toReversed()).slice(0, limit), head: service === 'provisioning' ? log.length : 0 };
    });
  }
  await hub.nc.flush();
  /** The relay, later than the answers. */
  const relay = (): void => {
    for (const event of waiting.splice(0)) hub.nc.publish(subjects.event('provisioning', event.stream, event.type), JSON.stringify(event));
  };
  return { servers, relay };
};

const asBrowser = (token: string) => {
  const jar = new Map([['citrus', token]]);
  return {
    headers: (): Record<string, string> => ({ cookie: [...jar].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; '), origin: 'http://citrus.test', connection: 'close' }),
    keep: (response: Response): void => {
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        jar.set(name, decodeURIComponent(value));
      }
    },
  };
};

describe('two hubs behind a balancer', () => {
  test('are one to a person who hops between them, also when one dies in the middle', { timeout: 120_000 }, async ({ hub, onTestFinished }) => {
    const { servers, relay } = await playProvisioning(hub);
    const other = await hub.another();
    const balancer = await openBalancer([hub.running.port, other.port]);
    onTestFinished(() => balancer.close());
    const token = await hub.tokenOf(somebody({ memberships: [{ projectId: PROJECT, role: 'operator' }] }));
    const browser = asBrowser(token);
    /** As the panel: what did not come is asked again, with the same key. */
    const ask = async (method: string, path: string, more: { readonly body?: object; readonly key?: string } = {}): Promise<{ status: number; json: unknown }> => {
      for (let tries = 0; ; tries += 1) {
        try {
          const response = await fetch(`${balancer.url}${path}`, { method, headers: { ...browser.headers(), ...(more.key && { 'idempotency-key': more.key }), ...(more.body && { 'content-type': 'application/json' }) }, ...(more.body && { body: JSON.stringify(more.body) }) });
          browser.keep(response);
          if (response.status !== 503) return { status: response.status, json: await response.json() };
        } catch (error) {
          if (tries > 50) throw error;
        }
      }
    };
    const names = async (): Promise<string[]> => ((await ask('GET', '/api/servers')).json as { items: Server[] }).items.map(({ name }) => name);

    const told: { id: string; name: string }[] = [];
    const reading = { isOver: false, connections: 0 };
    const leaving = new AbortController();
    const read = async (): Promise<void> => {
      while (!reading.isOver) {
        try {
          const last = told.at(-1)?.id ?? LOGGED_SERVICES.map((service) => `${service}:0`).join(',');
          const response = await fetch(`${balancer.url}/api/events/stream`, { headers: { authorization: `Bearer ${token}`, 'last-event-id': last }, signal: leaving.signal });
          reading.connections += 1;
          let text = '';
          for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
            const frames = (text + chunk).split('\n\n');
            text = frames.pop() ?? '';
            for (const frame of frames) {
              const [id, data] = [/^id: (.*)$/m.exec(frame)?.[1], /^data: (.*)$/m.exec(frame)?.[1]];
              if (id && data) told.push({ id, name: ((JSON.parse(data) as EventEnvelope).data as { name: string }).name });
            }
          }
        } catch {
          // Comes back, as a browser does.
        }
      }
    };
    const analyst = read();
    // So long that both keep answers.
    for (const until = performance.now() + 3000; performance.now() < until; ) expect(await names()).toEqual([]);

    const made: string[] = [];
    for (let n = 1; n <= 40; n += 1) {
      const name = `web-${n}`;
      const key = `create-${n}`;
      const first = await ask('POST', '/api/servers', { body: { name }, key });
      expect(first).toMatchObject({ status: 202, json: { name } });
      made.push(name);
      // Its own write, at whichever hub comes next, before anybody was told of it.
      expect(await names()).toEqual(made);
      const again = await ask('POST', '/api/servers', { body: { name }, key });
      expect(again).toMatchObject({ status: 202, json: { id: (first.json as Server).id } });
      expect(await names()).toEqual(made);
      relay();
      if (n === 20) {
        // A request of which nobody knows whether it was done.
        const underWay = ask('POST', '/api/servers', { body: { name: 'web-lost' }, key: 'lost' });
        balancer.kill(other.port);
        await other.stop();
        expect((await underWay).status).toBe(202);
        made.push('web-lost');
        relay();
      }
    }
    expect(servers).toHaveLength(41);
    await eventually(() => expect(told.map(({ name }) => name)).toEqual(made));
    reading.isOver = true;
    leaving.abort();
    await analyst;
  });
});
