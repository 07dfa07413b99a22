import { defineRequest, readHealthOf } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { connectNats, createRequests, OnRequest } from '@citrus/kit-messaging';
import { freePort } from '@citrus/kit-embedded';
import { eventually, test as base } from '@citrus/kit-testing';
import { Controller, Module } from '@nestjs/common';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { DatabaseConfig, DatabaseModule, ServiceConfig, startService } from './index.ts';

const greet = defineRequest({ subject: 'rpc.metrics.test.greet', input: z.strictObject({}), reply: z.object({ text: z.string() }), access: { by: 'anyone' } });

@Controller()
class GreetController {
  @OnRequest(greet)
  async greet() {
    return { text: 'hello' };
  }
}

@Module({ controllers: [GreetController] })
class GreetModule {}

@Module({ imports: [DatabaseModule], controllers: [GreetController] })
class StoringModule {}

const quiet = { CITRUS_HTTP_PORT: '0', CITRUS_LOG_LEVEL: 'silent' };
const greeter = { service: 'metrics', module: GreetModule, config: ServiceConfig } as const;
const storing = { service: 'metrics', module: StoringModule, config: DatabaseConfig } as const;

const test = base.extend('requests', async ({ nats }, { onCleanup }) => {
  const nc = await connectNats({ url: nats.url, name: 'test', inboxPrefix: '_INBOX_test' });
  onCleanup(() => nc.close());
  return createRequests(nc);
});

const get = async (port: number, path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, text: await response.text() };
};

describe('a service', () => {
  test('answers requests, health and metrics until it is stopped', async ({ nats, requests }) => {
    const running = await startService(greeter, { env: { ...quiet, CITRUS_NATS_URL: nats.url } });
    await eventually(async () => expect(await requests.call(greet, {})).toEqual({ text: 'hello' }));
    expect(await requests.call(readHealthOf('metrics'), {})).toEqual({ service: 'metrics', status: 'ready' });
    expect(await get(running.port, '/readyz')).toMatchObject({ status: 200 });
    expect((await get(running.port, '/metrics')).text).toMatch(/citrus_requests_total\{subject="rpc.metrics.test.greet",outcome="ok",service="metrics"\} 1/);
    await running.stop();
    await expect(requests.call(greet, {})).rejects.toBeInstanceOf(Unavailable);
    await expect(get(running.port, '/healthz')).rejects.toThrow();
  });

  test('is alive but not ready while NATS is away, before and after', async ({ nats }) => {
    const port = await freePort();
    await nats.kill();
    const starting = startService(greeter, { env: { ...quiet, CITRUS_HTTP_PORT: String(port), CITRUS_NATS_URL: nats.url } });
    await eventually(async () => expect(await get(port, '/healthz')).toMatchObject({ status: 200 }));
    expect(await get(port, '/readyz')).toMatchObject({ status: 503 });
    await nats.restart();
    const running = await starting;
    await eventually(async () => expect(await get(port, '/readyz')).toMatchObject({ status: 200 }));
    await nats.kill();
    await eventually(async () => expect((await get(port, '/readyz')).text).toContain('NATS at'));
    await nats.restart();
    await eventually(async () => expect(await get(port, '/readyz')).toMatchObject({ status: 200 }));
    await running.stop();
  });

  test('whose database is down says which one, takes no requests and can be stopped', async ({ nats, requests }) => {
    const port = await freePort();
    const stop = new AbortController();
    const starting = startService(storing, { env: { ...quiet, CITRUS_HTTP_PORT: String(port), CITRUS_NATS_URL: nats.url, CITRUS_DATABASE_URL: 'postgres://role:secret@127.0.0.1:1/metrics' }, signal: stop.signal });
    const { detail } = await eventually(async () => {
      const health = await requests.call(readHealthOf('metrics'), {});
      expect(health).toMatchObject({ status: 'starting', detail: expect.stringContaining('the database metrics at 127.0.0.1:1 does not answer (ECONNREFUSED); start PostgreSQL') });
      return health;
    });
    expect(detail).not.toContain('secret');
    expect(await get(port, '/healthz')).toMatchObject({ status: 200 });
    expect(await get(port, '/readyz')).toMatchObject({ status: 503 });
    await expect(requests.call(greet, {})).rejects.toBeInstanceOf(Unavailable);
    stop.abort();
    await expect(starting).rejects.toThrow('stopped while waiting for the database');
  });

  test('whose database is there is ready', async ({ nats, database, requests }) => {
    const running = await startService(storing, { env: { ...quiet, CITRUS_NATS_URL: nats.url, CITRUS_DATABASE_URL: database.serviceUrl } });
    await eventually(() => requests.call(greet, {}));
    await running.stop();
  });

  test('refuses a port in use with what to do', async ({ nats }) => {
    const first = await startService(greeter, { env: { ...quiet, CITRUS_NATS_URL: nats.url } });
    await expect(startService(greeter, { env: { ...quiet, CITRUS_HTTP_PORT: String(first.port), CITRUS_NATS_URL: nats.url } })).rejects.toThrow(/Port \d+ on 127.0.0.1 is in use .* CITRUS_PORT/);
    await first.stop();
  });
});
