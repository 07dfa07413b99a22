/** What an adapter makes of whatever may be at the other end: a broken cloud, a proxy, a stranger. */
import { inspect } from 'node:util';
import { Unavailable } from '@citrus/kit-domain';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startHostileServer, type Behaviour, type HostileServer } from '../testing/hostile-server.ts';
import type { CallBudget } from './call-budget.ts';
import { newKey } from './provider.contract.ts';
import type { CloudProvider, MachineSpec } from './provider.port.ts';

type Options = { readonly url: string; readonly token: string; readonly createTimeoutMs: number; readonly readTimeoutMs: number; readonly callsPerSecond: number; readonly budget?: CallBudget };
type Opened = CloudProvider & { close(): Promise<void> };

export type Hostility = {
  readonly open: (options: Options) => Opened;
  readonly machine: MachineSpec;
  /** An error of this cloud with a message. */
  readonly problem: (message: string) => { readonly status: number; readonly body: unknown };
  /** A page of a machine's actions that points to another one, wherever that is. */
  readonly page: (next: number, foreign: string) => unknown;
};

const TOKEN = 'secret-"token"/of/tests';

const answer = (status: number, type: string, text: string): Behaviour => (_request, response) => void response.writeHead(status, { 'content-type': type }).end(text);
const json = (status: number, body: unknown): Behaviour => answer(status, 'application/json', JSON.stringify(body));

const WRONG = {
  droplet: 5, droplets: { a: 1 }, server: 'x', servers: [{}], action: [], actions: 'none', account: null, snapshots: [1], backups: [{ id: {} }], images: {}, links: 7, meta: 'all',
};
const HUGE = 'x'.repeat(1024 * 1024);

const behaviours: Record<string, Behaviour> = {
  'a page of HTML': answer(200, 'text/html', '<html>Welcome</html>'),
  'a page of HTML, accepted': answer(202, 'text/html', '<html>Welcome</html>'),
  'a proxy that cannot reach it': answer(502, 'text/html', '<html>Bad gateway</html>'),
  'a proxy that knows no such page': answer(404, 'text/html', '<html>Not found</html>'),
  'nothing at all': answer(200, 'application/json', ''),
  'null': json(200, null),
  'other types': json(200, WRONG),
  'half a text': answer(200, 'application/json', '{"droplets": [{"id": 1, "na'),
  'a text without end': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => {
      while (!response.destroyed && response.write(HUGE));
    };
    response.on('drain', more);
    more();
  },
  'a text that breaks off': (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"droplets": [');
    setImmediate(() => response.destroy());
  },
  'a broken connection': (request) => void request.socket.destroy(),
  silence: () => undefined,
  'limits that are no numbers': (_request, response) => void response.writeHead(500, { 'retry-after': 'soon', 'ratelimit-reset': '-1', 'ratelimit-remaining': 'many' }).end(),
};

const ACTION = { type: 'rename', name: 'shop' } as const;

const readsOf = (cloud: CloudProvider): readonly (() => Promise<unknown>)[] => [
  () => cloud.get('7'), () => cloud.find(newKey()), () => cloud.list('citrus-fleet'), () => cloud.operation('7'), () => cloud.operations('7', '2026-01-01T00:00:00.000Z'), () => cloud.snapshots('7'), () => cloud.removeSnapshot('7'), () => cloud.addTags('7', ['web']), () => cloud.removeTags('7', ['web']),
];

/** Everything that can be asked, and everything that came of it. */
const everything = async (cloud: CloudProvider, machine: MachineSpec) => {
  const [create, act, probe] = await Promise.all([cloud.create(machine, newKey()), cloud.act('7', ACTION), cloud.probe()]);
  const reads = await Promise.allSettled([...readsOf(cloud), () => cloud.destroy('7')].map((read) => read()));
  return { create, act, probe, reads };
};

export const hostileAnswersContract = (name: string, { open, machine, problem, page }: Hostility): void => {
  describe(`${name}, with somebody else at the other end`, () => {
    let server: HostileServer;
    let stranger: HostileServer;
    const clouds: Opened[] = [];
    const connect = (options: Partial<Options> = {}) => {
      const cloud = open({ url: server.url, token: TOKEN, createTimeoutMs: 10_000, readTimeoutMs: 10_000, callsPerSecond: 10_000, ...options });
      clouds.push(cloud);
      return cloud;
    };
    beforeAll(async () => {
      server = await startHostileServer();
      stranger = await startHostileServer();
    });
    beforeEach(() => {
      server.heard.length = 0;
      stranger.heard.length = 0;
    });
    afterAll(async () => {
      await server.close();
      await stranger.close();
      await Promise.all(clouds.map((cloud) => cloud.close()));
    });

    test.each(Object.keys(behaviours))('takes %s for no answer', async (what) => {
      const behaviour = behaviours[what];
      if (!behaviour) throw new Error(what);
      server.behave(behaviour);
      const isSilent = what === 'silence';
      const cloud = connect(isSilent ? { createTimeoutMs: 200, readTimeoutMs: 200 } : {});
      expect(['unknown', 'rejected']).toContain((await cloud.create(machine, newKey())).type);
      expect(await cloud.act('7', ACTION)).toMatchObject({ type: 'unknown' });
      expect(await cloud.probe()).toMatchObject({ isGood: false, reason: expect.any(String) });
      for (const read of readsOf(cloud)) await expect(read()).rejects.toBeInstanceOf(Unavailable);
    });

    test('sends a create once, whatever the answer', async () => {
      for (const behaviour of Object.values(behaviours)) {
        server.heard.length = 0;
        server.behave(behaviour);
        // Only silence ends by this limit, and it holds for the sending, too.
        await connect({ createTimeoutMs: behaviour === behaviours['silence'] ? 5000 : 20_000 }).create(machine, newKey());
        expect(server.heard.filter((call) => call.startsWith('POST'))).toHaveLength(1);
      }
    });

    test('goes where it was told to go, and nowhere else', async () => {
      stranger.behave(json(200, {}));
      for (const status of [301, 302, 307, 308]) {
        server.behave((request, response) => void response.writeHead(status, { location: `${stranger.url}${request.url}` }).end());
        await everything(connect(), machine);
      }
      let pages = 0;
      server.behave((request, response) => json(200, page((pages += 1) < 3 ? pages + 1 : 0, stranger.url))(request, response));
      await connect().operations('7', '2026-01-01T00:00:00.000Z');
      expect(pages).toBe(3);
      expect(stranger.heard).toEqual([]);
    });

    test('gives up a list that has no end', async () => {
      let pages = 0;
      server.behave((request, response) => json(200, page((pages += 1) + 1, stranger.url))(request, response));
      await expect(connect({ readTimeoutMs: 10_000 }).operations('7', '2026-01-01T00:00:00.000Z')).rejects.toThrow(/pages/);
      expect(pages).toBeLessThanOrEqual(500);
    });

    test('never shows the token, not even when the other end repeats it', async () => {
      const { status, body } = problem(`\u001B[31mBearer ${TOKEN}\nis wrong`);
      const echoes: Behaviour[] = [...Object.values(behaviours), json(status, body), json(401, body), json(500, body), answer(400, 'text/plain', TOKEN)];
      for (const behaviour of echoes) {
        server.behave(behaviour);
        const { create, act, probe, reads } = await everything(connect({ createTimeoutMs: 200, readTimeoutMs: 200 }), machine);
        const shown = [create, act, probe, reads].map((one) => inspect(one, { depth: 20, showHidden: true, maxStringLength: Infinity }) + JSON.stringify(one)).join('');
        expect(shown).not.toContain('secret-');
        expect(JSON.stringify([create, act, probe])).not.toContain('u001b');
      }
    });

    test('reads what it is told, also with a token of one letter', async () => {
      server.behave((request, response) => json(200, page(0, stranger.url))(request, response));
      expect(await connect({ token: 'a' }).operations('7', '2026-01-01T00:00:00.000Z')).toEqual([]);
    });

    test('asks nobody when the budget is used up, or not known', async () => {
      const usedUp = connect({ budget: { take: async () => ({ waitMs: 3_600_000 }), learn: async () => undefined } });
      expect(await usedUp.create(machine, newKey())).toMatchObject({ type: 'rejected', code: 'cloud.rate_limited', retryAfterMs: 3_600_000 });
      expect(await usedUp.act('7', ACTION)).toMatchObject({ type: 'busy', retryAfterMs: 3_600_000 });
      expect(await usedUp.probe()).toMatchObject({ isGood: false, code: 'cloud.rate_limited' });
      await expect(usedUp.get('7')).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
      const unknown = connect({ budget: { take: () => Promise.reject(new Error('no database')), learn: async () => undefined } });
      expect(await unknown.create(machine, newKey())).toMatchObject({ type: 'rejected', retryAfterMs: expect.any(Number) });
      expect(await unknown.act('7', ACTION)).toMatchObject({ type: 'busy' });
      for (const read of readsOf(unknown)) await expect(read()).rejects.toBeInstanceOf(Unavailable);
      expect(server.heard).toEqual([]);
    });

    test('knows that nothing happened when nobody is there', async () => {
      const lonely = connect({ url: 'http://127.0.0.1:9' });
      expect(await lonely.create(machine, newKey())).toMatchObject({ type: 'rejected', code: 'cloud.unreachable', retryAfterMs: expect.any(Number) });
      expect(await lonely.act('7', ACTION)).toMatchObject({ type: 'busy' });
      expect(await lonely.probe()).toMatchObject({ isGood: false, code: 'cloud.unreachable' });
    });

    test('does not send what the cloud would not take', async () => {
      const userData = 'x'.repeat(connect().capabilities.userDataMaxBytes + 1);
      expect(await connect().create({ ...machine, userData }, newKey())).toMatchObject({ type: 'rejected', code: 'user_data.too_long', retryAfterMs: null });
      expect(server.heard).toEqual([]);
    });
  });
};
