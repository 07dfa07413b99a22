import { startService } from '@citrus/kit-service';
import { test } from '@citrus/kit-testing';
import { Inject, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { expect } from 'vitest';
import { HubConfig } from '../config.ts';
import { hubApplication } from './application.ts';

const statuses: number[] = [];

/** Somebody who asks while the application is still being put together, as a panel does that lost its hub. */
@Injectable()
class EarlyVisitor implements OnApplicationBootstrap {
  readonly #host: HttpAdapterHost;

  constructor(@Inject(HttpAdapterHost) host: HttpAdapterHost) {
    this.#host = host;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { port } = this.#host.httpAdapter.getHttpServer().address() as AddressInfo;
    statuses.push((await fetch(`http://127.0.0.1:${port}/`)).status);
  }
}

@Module({ providers: [EarlyVisitor] })
class EarlyModule {}

test('who comes before the hub is ready is told to come back', async ({ nats, onTestFinished }) => {
  const env = { CITRUS_NATS_URL: nats.url, CITRUS_HTTP_PORT: '0', CITRUS_LOG_LEVEL: 'silent', CITRUS_PUBLIC_URL: 'http://citrus.test', CITRUS_PANEL_DIR: tmpdir(), CITRUS_ARTIFACTS_DIR: tmpdir() };
  const running = await startService({ service: 'hub', module: EarlyModule, config: HubConfig, httpApplication: hubApplication }, { env });
  onTestFinished(() => running.stop());
  const later = await fetch(`http://127.0.0.1:${running.port}/nothing`);
  expect([...statuses, later.status]).toEqual([503, 404]);
});
