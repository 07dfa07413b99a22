import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { defineRequest, inboxPrefixOf, type ServiceName } from '@citrus/contracts';
import { OnRequest, type Requests } from '@citrus/kit-messaging';
import { REQUESTS, ServiceConfig, startService, type RunningService } from '@citrus/kit-service';
import { eventually } from '@citrus/kit-testing';
import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { Controller, Inject, Module } from '@nestjs/common';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { pushClaims } from './claims-pusher.ts';
import { userOf } from './jwt.ts';
import { retireCredentials, rotateCredentials } from './rotate.ts';
import { readRetired } from './trust-directory.ts';
import { startTrustedNats, test, type TrustedNats } from './trusted-nats.fixture.ts';

const slowEcho = defineRequest({ subject: 'rpc.metrics.server.echo', input: z.strictObject({ n: z.int() }), reply: z.object({ n: z.int() }), access: { by: 'anyone' } });

@Controller()
class EchoController {
  /** Takes a while, so that some are always under way. */
  @OnRequest(slowEcho)
  async echo({ n }: { n: number }) {
    await pause(5 + (n % 20));
    return { n };
  }
}
@Module({ controllers: [EchoController] })
class Answering {}

let asking: Requests | undefined;
@Module({})
class Asking {
  constructor(@Inject(REQUESTS) requests: Requests) {
    asking = requests;
  }
}

const startAs = (nats: TrustedNats, service: ServiceName, module: typeof Answering | typeof Asking): Promise<RunningService> =>
  startService({ service, module, config: ServiceConfig }, { env: { CITRUS_HTTP_PORT: '0', CITRUS_LOG_LEVEL: 'silent', CITRUS_NATS_URL: nats.server.url, CITRUS_NATS_CREDS_FILE: nats.trust.credsFiles[service] } });

/** Eight at a time without a break, until told to stop. */
const askSteadily = (requests: Requests) => {
  const stopping = new AbortController();
  const failed: string[] = [];
  let answered = 0;
  const asker = async () => {
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      try {
        expect(await requests.call(slowEcho, { n })).toEqual({ n });
        answered += 1;
      } catch (error) {
        failed.push(String(error));
      }
    }
  };
  const running = Promise.all(Array.from({ length: 8 }, asker));
  return {
    failed,
    count: () => answered,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};

const untilAgain = (running: RunningService): Promise<void> =>
  (async () => {
    for await (const { type } of running.nats.status()) if (type === 'reconnect') return;
  })();

const signInWith = (nats: TrustedNats, service: ServiceName, creds: string) =>
  connect({ servers: nats.server.url, reconnect: false, inboxPrefix: inboxPrefixOf(service), authenticator: credsAuthenticator(Buffer.from(creds)) });

describe('the credentials of a program', () => {
  test('T841. are exchanged under steady requests without one that fails, and the old ones are void afterwards', { timeout: 120_000 }, async ({ onTestFinished }) => {
    const nats = await startTrustedNats();
    onTestFinished(() => nats.stop());
    const services: [ServiceName, RunningService][] = [['metrics', await startAs(nats, 'metrics', Answering)], ['hub', await startAs(nats, 'hub', Asking)]];
    onTestFinished(async () => void (await Promise.all(services.map(([, running]) => running.stop()))));
    const requests = asking as Requests;
    await eventually(() => requests.call(slowEcho, { n: 1 }));
    const load = askSteadily(requests);
    for (const [service, running] of services) {
      const file = nats.trust.credsFiles[service];
      const old = await readFile(file, 'utf8');
      const isOver = untilAgain(running);
      await rotateCredentials(nats.trust.dir, service);
      // Nobody retires what is in use, and nobody rotates twice unawares.
      await expect(rotateCredentials(nats.trust.dir, service)).rejects.toThrow(/still let in .*retire/);
      await isOver;
      const before = load.count();
      await eventually(() => expect(load.count()).toBeGreaterThan(before + 50));
      await retireCredentials(nats.trust.dir, service);
      await pushClaims(await nats.signInForClaims(), nats.keys, { CONTROL: await readRetired(nats.keys) });
      await expect(signInWith(nats, service, old)).rejects.toThrow(/authorization/i);
      expect(userOf(await readFile(file, 'utf8'))).not.toBe(userOf(old));
      const afterwards = load.count();
      await eventually(() => expect(load.count()).toBeGreaterThan(afterwards + 50));
      await expect(retireCredentials(nats.trust.dir, service)).rejects.toThrow(/rotate first/);
    }
    await load.stop();
    expect(load.failed).toEqual([]);
  });

  test('are not lost when the new ones are no good: the old connection goes on', { timeout: 60_000 }, async ({ trusted: nats, onTestFinished }) => {
    const running = await startAs(nats, 'metrics', Answering);
    onTestFinished(() => running.stop());
    const hub = await startAs(nats, 'hub', Asking);
    onTestFinished(() => hub.stop());
    const requests = asking as Requests;
    await eventually(() => requests.call(slowEcho, { n: 1 }));
    const file = nats.trust.credsFiles.metrics;
    const good = await readFile(file, 'utf8');
    await writeFile(file, 'not credentials');
    const load = askSteadily(requests);
    await pause(2500);
    await writeFile(file, good);
    await load.stop();
    expect(load.failed).toEqual([]);
    expect(running.nats.isClosed()).toBe(false);
  });
});
