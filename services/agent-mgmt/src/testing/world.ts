/**
 * agent-mgmt among its neighbours: a real nats-server and PostgreSQL, the logs of auth and provisioning, a person with
 * a token, a folder of installers, and agents. Tests start as many replicas as they need.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ProjectId, readCommandKeys, readKeySet, readHealthOf, type RequestDefinition } from '@citrus/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { connectNats, createRequests, deployStreams, type CallOptions } from '@citrus/kit-messaging';
import { newId, newSealKey, openPool } from '@citrus/kit-event-store';
import { startService, type RunningService } from '@citrus/kit-service';
import { createTokenIssuer, eventually, freshDatabase } from '@citrus/kit-testing';
import { Kysely, PostgresDialect } from 'kysely';
import type { NatsConnection } from '@nats-io/nats-core';
import { inject } from 'vitest';
import { AppModule } from '../app.module.ts';
import { Config } from '../config.ts';
import type { AgentMgmtDatabase } from '../database.ts';
import { LOG_ONLY, test as base } from './database.ts';
import { TestAgent } from './test-agent.ts';
import { startTestLog, type TestLog } from './test-log.ts';

export const WEB_MANIFEST = `id: web
name: Web
version: 1.0.0
description: A web server
category: web
author: Citrus
portable: true
inputs:
  - { id: port, type: port, label: Port, default: 8080 }
  - { id: admin_password, type: password, label: Password }
`;

const signIn = async (nats: NatsConnection, projectId: string): Promise<string> => {
  const { jwk, tokenOf } = await createTokenIssuer();
  nats.subscribe(readKeySet.subject, { callback: (_, message) => void message.respond(JSON.stringify({ keys: [jwk] })) });
  return tokenOf({ memberships: [{ projectId, role: 'owner' }], isAdministrator: true }, { expires: '1h' });
};

type Parts = {
  readonly nats: NatsConnection; readonly db: Kysely<AgentMgmtDatabase>; readonly directory: string;
  readonly logs: { readonly auth: TestLog; readonly provisioning: TestLog }; readonly env: NodeJS.ProcessEnv;
};

export class World {
  readonly projectId = ProjectId.parse(newId());
  readonly #replicas: RunningService[] = [];
  readonly #agents: TestAgent[] = [];
  #token = '';

  /** How long an answer may take: a busy machine is no fault. Where replicas are killed, what died with one is asked again sooner. */
  patienceMs = 30_000;
  readonly nats: NatsConnection;
  readonly db: Kysely<AgentMgmtDatabase>;
  readonly logs: Parts['logs'];

  constructor(private readonly parts: Parts) {
    ({ nats: this.nats, db: this.db, logs: this.logs } = parts);
  }

  get env(): NodeJS.ProcessEnv {
    return this.parts.env;
  }

  async signIn(): Promise<void> {
    this.#token = await signIn(this.nats, this.projectId);
  }

  async install(folder: string, files: Record<string, string>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.parts.directory, 'installers', folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  /** A replica that answers requests. */
  async start(env: NodeJS.ProcessEnv = {}): Promise<RunningService> {
    const replica = await startService({ service: 'agent-mgmt', module: AppModule, config: Config }, { env: { ...this.parts.env, ...env } });
    this.#replicas.push(replica);
    await eventually(async () => (await createRequests(this.nats).call(readHealthOf('agent-mgmt'), {})).status === 'ready');
    return replica;
  }

  async stop(replica: RunningService): Promise<void> {
    this.#replicas.splice(this.#replicas.indexOf(replica), 1);
    await replica.stop();
  }

  /** As the signed-in person, about the project. */
  ask<Input, Reply>(definition: RequestDefinition<Input, Reply>, input: object): Promise<Reply> {
    return this.call(definition, { projectId: this.projectId, ...input }, { token: this.#token });
  }

  /** As the signed-in person, about nothing in particular. */
  askAny<Input, Reply>(definition: RequestDefinition<Input, Reply>): Promise<Reply> {
    return this.call(definition, {}, { token: this.#token });
  }

  /** As another service. */
  call<Input, Reply>(definition: RequestDefinition<Input, Reply>, input: object, options: CallOptions = {}): Promise<Reply> {
    return createRequests(this.nats).call(definition, input as Input, { timeoutMs: this.patienceMs, ...options });
  }

  /** An agent that nobody has heard of, nor of its server. */
  unheard(): TestAgent {
    const agent = new TestAgent(this.nats, async () => new Map((await this.call(readCommandKeys, {})).keys.map(({ keyId, publicKey }) => [keyId, publicKey])), () => this.patienceMs);
    this.#agents.push(agent);
    return agent;
  }

  /** An agent whose server was requested and which has enrolled, but not said hello. */
  async enrol(agent = this.unheard()): Promise<TestAgent> {
    const about = { serverId: agent.serverId, projectId: this.projectId, agentId: agent.id };
    const spec = { name: 'web-1', region: 'sfo3', size: 's', image: 'i', tags: [], sshKeys: [], backups: false, ipv6: true, monitoring: true };
    await this.logs.provisioning.say(`server-${agent.serverId}`, 'ServerRequested', { ...about, jobId: newId(), spec, at: new Date().toISOString() });
    await this.logs.auth.say(`enrolment-${agent.serverId}`, 'AgentEnrolled', { ...about, attempt: 1, keys: { nkey: `U${'A'.repeat(55)}`, boxKey: agent.box.publicKey } });
    return agent;
  }

  /** An agent that has said hello once and has gone away since. */
  async absent(): Promise<TestAgent> {
    const agent = await this.enrol();
    let before = new Date();
    // Of one that is said again, only the last beat counts.
    await eventually(() => {
      before = new Date();
      return agent.hello();
    }, { timeoutMs: 60_000 });
    const isKnown = this.db.selectFrom('servers').innerJoin('agents', 'agents.server_id', 'servers.server_id').select('servers.server_id').where('servers.server_id', '=', agent.serverId).where('agents.status', '=', 'connected');
    await eventually(async () => (await isKnown.execute()).length === 1);
    // A hello counts as a beat, which is written a moment later.
    const beat = this.db.selectFrom('agent_beats').select('agent_id').where('agent_id', '=', agent.id).where('seen_at', '>=', before);
    await eventually(async () => (await beat.execute()).length === 1);
    await this.db.updateTable('agent_beats').set({ seen_at: new Date(0) }).where('agent_id', '=', agent.id).execute();
    return agent;
  }

  /** An agent that is there. */
  async connect(): Promise<TestAgent> {
    const agent = await this.absent();
    agent.connect();
    return agent;
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) agent.disconnect();
    for (const replica of this.#replicas) await replica.stop();
    await this.logs.auth.stop();
    await this.logs.provisioning.stop();
    await this.db.destroy();
    await this.nats.close();
    await rm(this.parts.directory, { recursive: true, force: true });
  }
}

/** Every test has new databases, so nothing may be left of the logs of the test before. */
const freshStreams = async (nats: NatsConnection): Promise<void> => {
  const { streams } = await jetstreamManager(nats);
  for await (const name of streams.names()) await streams.delete(name);
  // A server that is busy may still be removing the old stream's files when the new one is wanted.
  await eventually(() => deployStreams(nats));
};

export const test = base.extend('world', async ({ nats, database }, { onCleanup }): Promise<World> => {
  const directory = await mkdtemp(join(tmpdir(), 'agent-mgmt-'));
  const nc = await connectNats({ url: nats.url, name: 'test', inboxPrefix: '_INBOX_test' });
  await freshStreams(nc);
  await writeFile(join(directory, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  await writeFile(join(directory, 'seal.key'), newSealKey());
  const env = {
    CITRUS_NATS_URL: nats.url, CITRUS_HTTP_PORT: '0', CITRUS_LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent', CITRUS_DATABASE_URL: database.serviceUrl,
    CITRUS_SEAL_KEY_FILE: join(directory, 'seal.key'), CITRUS_SEALS_DIR: join(directory, 'seals'),
    CITRUS_MASTER_KEY_FILE: join(directory, 'master.key'), CITRUS_INSTALLERS_DIR: join(directory, 'installers'),
  };
  const logs = {
    auth: await startTestLog(nc, 'auth', await freshDatabase(inject('postgresUrl'), LOG_ONLY)),
    provisioning: await startTestLog(nc, 'provisioning', await freshDatabase(inject('postgresUrl'), LOG_ONLY)),
  };
  const db = new Kysely<AgentMgmtDatabase>({ dialect: new PostgresDialect({ pool: openPool({ databaseUrl: database.serviceUrl, max: 3 }) }) });
  const world = new World({ nats: nc, db, directory, logs, env });
  onCleanup(() => world.close());
  await world.signIn();
  await world.install('web', { 'manifest.yml': WEB_MANIFEST, 'install.sh': '#!/bin/bash\n' });
  return world;
});
