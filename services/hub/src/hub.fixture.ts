/** The hub on a real broker, with small responders on the subjects of services that a test is not about. */
import type { Caller, RequestDefinition } from '@citrus/contracts';
import { ProjectId, readKeySet, readRevocations, STREAMS, type Revocations } from '@citrus/contracts';
import { problemOf } from '@citrus/kit-domain';
import { deployStreams, HEADERS } from '@citrus/kit-messaging';
import { startService, type RunningService } from '@citrus/kit-service';
import { createTokenIssuer, eventually, test as base, type TokenIssuer } from '@citrus/kit-testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HubModule } from './app.module.ts';
import { HubConfig } from './config.ts';
import { hubApplication } from './http/application.ts';

export const PROJECT = ProjectId.parse('11111111-1111-4111-8111-111111111111');
export const OTHER_PROJECT = ProjectId.parse('22222222-2222-4222-8222-222222222222');
const USER = '33333333-3333-4333-8333-333333333333';

/** Answers a definition's subject on behalf of the service that owns it. */
export type Answer = <Input, Reply>(definition: RequestDefinition<Input, Reply>, handle: (input: Input, token: string | undefined) => Reply | Promise<Reply>) => Promise<void>;

const answerOn = (nc: NatsConnection): Answer => async (definition, handle) => {
  nc.subscribe(definition.subject, {
    callback: (_error, message) => {
      const reply = async () => {
        try {
          message.respond(JSON.stringify(await handle(definition.input.parse(message.json()), message.headers?.get(HEADERS.token))));
        } catch (error) {
          const marked = headers();
          marked.set(HEADERS.problem, '1');
          message.respond(JSON.stringify(problemOf(error)), { headers: marked });
        }
      };
      void reply();
    },
  });
  await nc.flush();
};

const makeKeys = async () => {
  const { jwk, tokenOf } = await createTokenIssuer();
  const tokenFor = (memberships: Caller['memberships'], expires = '5m') => tokenOf({ userId: USER, memberships }, { expires });
  return { jwk, tokenFor, tokenOf };
};

export const ARTIFACT = 'echo hello\n';
export const ARTIFACT_DIGEST = `sha256:${createHash('sha256').update(ARTIFACT).digest('hex')}`;

const makeFolders = async () => {
  const root = await mkdtemp(join(tmpdir(), 'citrus-hub-'));
  await writeFile(join(root, 'index.html'), '<!doctype html><title>Citrus</title>');
  await writeFile(join(root, 'app-3F2KQ7XA.js'), 'export {};');
  await writeFile(join(root, ARTIFACT_DIGEST.slice('sha256:'.length)), ARTIFACT);
  return root;
};

export type Hub = {
  readonly url: string;
  readonly artifactsDir: string;
  readonly nc: NatsConnection;
  readonly answer: Answer;
  readonly running: RunningService;
  /** One more hub on the same broker. */
  readonly another: (settings?: Record<string, string>) => Promise<RunningService>;
  /** What Prometheus would read, on the port that is not for everybody. */
  metrics(): Promise<string>;
  readonly tokenOf: TokenIssuer['tokenOf'];
  /** What auth answers when it is asked which sign-ins were ended; a test may change it. */
  readonly revoked: Revocations;
  readonly tokenFor: (memberships: Caller['memberships'], expires?: string) => Promise<string>;
  /** As an operator of PROJECT, unless told otherwise. */
  readonly call: (method: string, path: string, options?: { body?: unknown; token?: string; headers?: Record<string, string> }) => Promise<{ status: number; headers: Headers; json: unknown }>;
};

export const test = base.extend('hub', async ({ nats }, { onCleanup }): Promise<Hub> => {
  const nc = await connect({ servers: nats.url });
  const jsm = await jetstreamManager(nc);
  for (const { name } of STREAMS) await jsm.streams.delete(name).then(() => true, () => false);
  // A server that is busy may still be removing the old stream's files when the new one is wanted.
  await eventually(() => deployStreams(nc));
  const { jwk, tokenFor, tokenOf } = await makeKeys();
  const answer = answerOn(nc);
  await answer(readKeySet, () => ({ keys: [jwk] }));
  const revoked: Revocations = { position: 0, head: 0, ended: [], outdated: [] };
  await answer(readRevocations, () => revoked);
  const folder = await makeFolders();
  const env = { CITRUS_NATS_URL: nats.url, CITRUS_HTTP_PORT: '0', CITRUS_LOG_LEVEL: process.env['CITRUS_LOG_LEVEL'] ?? 'silent', CITRUS_PUBLIC_URL: 'http://citrus.test', CITRUS_TRUSTED_PROXIES: '127.0.0.1', CITRUS_PANEL_DIR: folder, CITRUS_ARTIFACTS_DIR: folder };
  const start = (settings = {}) => startService({ service: 'hub', module: HubModule, config: HubConfig, httpApplication: hubApplication }, { env: { ...env, ...settings } });
  const running = await start();
  const others: RunningService[] = [];
  onCleanup(async () => {
    await Promise.all([running, ...others].map((one) => one.stop()));
    await nc.close();
    await rm(folder, { recursive: true });
  });
  const url = `http://127.0.0.1:${running.port}`;
  const usual = await tokenFor([{ projectId: PROJECT, role: 'operator' }]);
  return {
    another: async (settings) => {
      const other = await start(settings);
      others.push(other);
      return other;
    },
    url, artifactsDir: folder, nc, answer, running, tokenFor, tokenOf, revoked,
    metrics: async () => (await fetch(`http://127.0.0.1:${running.managementPort}/metrics`)).text(),
    call: async (method, path, { body, token = usual, headers = {} } = {}) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, json: /\/(problem\+)?json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text };
    },
  };
});
