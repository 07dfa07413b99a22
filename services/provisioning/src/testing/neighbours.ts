/** The other services, as far as provisioning sees them through their contracts: auth's keys and tokens, agent-mgmt's log. */
import { randomUUID } from 'node:crypto';
import { AgentConnected, issueEnrolment, readKeySet, readLogOf, subjects, type EventEnvelope, type RequestDefinition, type Role, type Server } from '@citrus/contracts';
import { connectNats, createRequests, deployStreams, type Requests } from '@citrus/kit-messaging';
import { createTokenIssuer } from '@citrus/kit-testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';

export type Neighbours = {
  readonly nats: NatsConnection;
  readonly requests: Requests;
  readonly projectId: string;
  /** An access token with this role in the project. */
  readonly tokenOf: (role: Role, projectId?: string) => Promise<string>;
  /** An access token of somebody who runs the installation, with a role in no project. */
  readonly administratorToken: () => Promise<string>;
  /** The server's agent says hello for the first time. */
  readonly agentConnects: (server: Server, agentId: string) => Promise<void>;
  /** Which enrolments were asked for. */
  readonly enrolments: { readonly serverId: string; readonly attempt: number }[];
  close(): Promise<void>;
};

const answer = <Input, Reply>(nats: NatsConnection, definition: RequestDefinition<Input, Reply>, reply: (input: Input) => Reply): void => {
  nats.subscribe(definition.subject, { callback: (_error, message) => void message.respond(JSON.stringify(reply(definition.input.parse(message.json())))) });
};

const facts = { hostname: 'web', os: 'Debian', arch: 'x64', kernel: '6', cpus: 1, memoryBytes: 1, addresses: [], systemd: false, agentVersion: '0', nodeVersion: '24' };

export const meetNeighbours = async (url: string): Promise<Neighbours> => {
  const nats = await connectNats({ url, name: 'test', inboxPrefix: '_INBOX_test' });
  // The broker outlives a test, the logs do not: their copies start anew.
  const { streams } = await jetstreamManager(nats);
  const old: string[] = [];
  for await (const name of streams.names()) old.push(name);
  await Promise.all(old.map((name) => streams.delete(name)));
  await deployStreams(nats);
  const projectId = randomUUID();
  const { jwk, tokenOf } = await createTokenIssuer();
  const enrolments: { serverId: string; attempt: number }[] = [];
  const agentLog: EventEnvelope[] = [];
  answer(nats, readKeySet, () => ({ keys: [jwk] }));
  answer(nats, issueEnrolment, ({ serverId, attempt }) => {
    enrolments.push({ serverId, attempt });
    return { token: `token-of-${serverId}-${attempt}` };
  });
  answer(nats, readLogOf('agent-mgmt'), ({ after, limit }) => ({ events: agentLog.slice(after, after + limit), head: agentLog.length }));
  return {
    nats, requests: createRequests(nats, { timeoutMs: 30_000 }), projectId, enrolments,
    tokenOf: (role, project = projectId) => tokenOf({ memberships: [{ projectId: project, role }] }, { expires: '10m' }),
    administratorToken: () => tokenOf({ isAdministrator: true }, { expires: '10m' }),
    agentConnects: async (server, agentId) => {
      const position = agentLog.length + 1;
      const at = new Date().toISOString();
      const event: EventEnvelope = {
        id: randomUUID(), type: 'AgentConnected', version: 1, stream: `agent-${agentId}`, streamVersion: 2, position, at, actor: { kind: 'agent', id: agentId }, projectId, correlationId: 'test',
        data: AgentConnected.parse({ agentId, serverId: server.id, projectId, facts, at }),
      };
      agentLog.push(event);
      await jetstream(nats).publish(subjects.event('agent-mgmt', event.stream, event.type), JSON.stringify(event));
    },
    close: () => nats.close(),
  };
};
