import { defineRequest, readHealthOf } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { connectNats, createRequests, OnRequest } from '@citrus/kit-messaging';
import { eventually, test as base } from '@citrus/kit-testing';
import { Controller, Module } from '@nestjs/common';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
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

  test('whose database is down says which one and takes no requests', async ({ nats, requests }) => {
    const running = await startService(storing, { env: { ...quiet, CITRUS_NATS_URL: nats.url, CITRUS_DATABASE_URL: 'postgres://role:secret@127.0.0.1:1/metrics' } });
    const { text } = await get(running.port, '/readyz');
    expect(text).toContain('the database metrics at 127.0.0.1:1 does not answer (ECONNREFUSED); start PostgreSQL');
    expect(text).not.toContain('secret');
    await expect(requests.call(greet, {})).rejects.toBeInstanceOf(Unavailable);
    expect(await requests.call(readHealthOf('metrics'), {})).toMatchObject({ status: 'starting' });
    await running.stop();
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
