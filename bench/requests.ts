/** A request through our strategy (schemas, access, problems) and its bare limit: nats.js answering by itself. */
import { defineRequest } from '@citrus/contracts';
import { startNats } from '@citrus/kit-embedded';
import { connectNats, createRequests, OnRequest, RequestServer } from '@citrus/kit-messaging';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { z } from 'zod';
import { inRounds, type Part } from './measure.ts';

const FOR_MS = 3000;
const IN_FLIGHT = 64;
const echo = defineRequest({ subject: 'rpc.metrics.bench.echo', input: z.strictObject({ text: z.string() }), reply: z.object({ text: z.string() }), access: { by: 'service', services: ['hub'] } });

@Controller()
class EchoController {
  @OnRequest(echo)
  async answer({ text }: { text: string }): Promise<{ text: string }> {
    return { text };
  }
}

@Module({ controllers: [EchoController] })
class BenchModule {}

const perSecond = async (ask: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  let answers = 0;
  const asker = async () => {
    while (performance.now() - startedAt < FOR_MS) {
      await ask();
      answers += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, asker));
  return (answers * 1000) / (performance.now() - startedAt);
};

export const benchRequests = async (): Promise<Part> => {
  const broker = await startNats();
  const open = (name: string) => connectNats({ url: broker.url, name, inboxPrefix: `_INBOX_${name}` });
  const [server, client] = [await open('server'), await open('client')];
  const strategy = new RequestServer({ nats: server, queue: 'metrics', authenticate: async () => { throw new Error('nobody signs in here'); } });
  const application = await NestFactory.createMicroservice<MicroserviceOptions>(BenchModule, { strategy, logger: false });
  await application.listen();
  server.subscribe('bare.echo', { callback: (_error, message) => void message.respond(JSON.stringify(message.json())) });
  try {
    const requests = createRequests(client);
    const body = JSON.stringify({ text: 'hello' });
    const figure = await inRounds(`request and reply, ${IN_FLIGHT} in flight`, 'requests/s', { ours: () => perSecond(() => requests.call(echo, { text: 'hello' })), peer: () => perSecond(async () => (await client.request('bare.echo', body)).json()), peerName: 'bare nats.js' });
    return { rows: [figure], metrics: { requests_per_s: figure.ours, requests_vs_bare: figure.ratio } };
  } finally {
    await application.close();
    await client.close();
    await server.close();
    await broker.stop();
  }
};
