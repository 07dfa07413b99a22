/** A fleet as it comes: each agent by HTTP, from an address of its own, and then on NATS; and how some of it are put out again. */
import { randomUUID } from 'node:crypto';
import { createKey } from '@citrus/auth';
import { AgentId, enrolmentProof, issueEnrolment, ProjectId, ServerId } from '@citrus/contracts';
import { createRequests } from '@citrus/kit-messaging';
import type { KeyPair } from '@nats-io/nkeys';
import { connect, type Authenticator, type NatsConnection } from '@nats-io/transport-node';
import type { Site } from './trust-site.ts';

const AGENTS = 1000;
const WARM_UP = 100;
const REVOKED = 200;
const COME_AT_ONCE = 64;
const CONNECT_AT_ONCE = 20;

type Newcomer = { readonly agentId: string; readonly token: string; readonly user: KeyPair; readonly address: string };
type Enrolled = Newcomer & { readonly jwt: string };

const quantile = (values: readonly number[], share: number): number => Math.round(values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? NaN);
const textOf = (user: KeyPair, text: string): string => Buffer.from(user.sign(Buffer.from(text))).toString('base64url');

const inParallel = async <Item, Result>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<Result>): Promise<Result[]> => {
  const left = [...items.entries()];
  const results: Result[] = [];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
};

/** A service that is too busy to answer in time is asked again, as agents do; what came of it counts with all the time it took. */
const post = async <Reply>(site: Site, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> => {
  const ask = () => fetch(`${site.hubUrl}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  let response = await ask();
  for (let tries = 1; response.status === 503 && tries < 10; tries += 1) response = await ask();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Reply;
};

const issueTokens = async (site: Site): Promise<Newcomer[]> => {
  const provisioning = createRequests(await site.as('provisioning'));
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  return inParallel(Array.from({ length: AGENTS }, (_, n) => n), COME_AT_ONCE, async (n) => {
    const agentId = AgentId.parse(`agent-bench-${n + 1000}`);
    const { token } = await provisioning.call(issueEnrolment, { serverId: ServerId.parse(randomUUID()), projectId: ProjectId.parse(site.admin.projectId), agentId, attempt: 1, expiresAt }, { timeoutMs: 30_000 });
    return { agentId, token, user: createKey('user'), address: `10.${n >> 8}.${n & 255}.7` };
  });
};

/** Each by HTTP, from an address of its own: one address may try twenty times, and that is not what is measured. */
const enrol = async (site: Site, newcomer: Newcomer): Promise<Enrolled> => {
  const { token, user, address } = newcomer;
  const at = new Date().toISOString();
  const keys = { nkey: user.getPublicKey(), boxKey: 'b'.repeat(43) };
  const { natsJwt } = await post<{ natsJwt: string }>(site, '/api/agents/enrol', { token, keys, at, signature: textOf(user, enrolmentProof(token, keys, at)) }, { 'x-forwarded-for': address });
  return { ...newcomer, jwt: natsJwt };
};

const enrolAll = async (site: Site): Promise<{ fleet: Enrolled[]; perSecond: number; p99Ms: number; cpuMs: number }> => {
  const newcomers = await issueTokens(site);
  const first = await inParallel(newcomers.slice(0, WARM_UP), COME_AT_ONCE, (newcomer) => enrol(site, newcomer));
  const took: number[] = [];
  const [startedAt, cpuBefore] = [performance.now(), await site.cpuMs()];
  const others = await inParallel(newcomers.slice(WARM_UP), COME_AT_ONCE, async (newcomer) => {
    const askedAt = performance.now();
    const enrolled = await enrol(site, newcomer);
    took.push(performance.now() - askedAt);
    return enrolled;
  });
  const perSecond = Math.round((others.length * 1000) / (performance.now() - startedAt));
  return { fleet: [...first, ...others], perSecond, p99Ms: quantile(took, 0.99), cpuMs: Number((((await site.cpuMs()) - cpuBefore) / others.length).toFixed(1)) };
};

/** With node's own Ed25519: a thousand agents in one process would else miss the broker's two seconds for signing in. */
const signing = ({ user, jwt }: Enrolled): Authenticator => (nonce) => ({ jwt, nkey: user.getPublicKey(), sig: textOf(user, nonce ?? '') });

const connectAll = (site: Site, fleet: readonly Enrolled[], open: NatsConnection[]) =>
  inParallel(fleet, CONNECT_AT_ONCE, async (agent) => {
    const nc = await connect({ servers: site.natsUrl, reconnect: false, inboxPrefix: `agent.${agent.agentId}.inbox`, authenticator: signing(agent) });
    open.push(nc);
    return { agentId: agent.agentId, endedAt: nc.closed().then(() => performance.now()) };
  });

type Connected = Awaited<ReturnType<typeof connectAll>>;

/** From the request of the person who revokes to the end of each connection. */
const revoke = async (site: Site, bad: Connected): Promise<number[]> => {
  const { accessToken } = await post<{ accessToken: string }>(site, '/api/auth/login', { email: site.admin.email, password: site.admin.password });
  const startedAt = performance.now();
  await post(site, '/api/agents/revoke', { agentIds: bad.map(({ agentId }) => agentId), reason: 'measured' }, { authorization: `Bearer ${accessToken}` });
  return Promise.all(bad.map(async ({ endedAt }) => (await endedAt) - startedAt));
};

export type FleetFigures = { readonly agents: number; readonly revoked: number; readonly enrolPerSecond: number; readonly enrolP99Ms: number; readonly enrolCpuMs: number; readonly revokeP50Ms: number; readonly revokeP99Ms: number };

export const measureFleet = async (site: Site): Promise<FleetFigures> => {
  const { fleet, perSecond, p99Ms, cpuMs } = await enrolAll(site);
  const open: NatsConnection[] = [];
  try {
    const connected = await connectAll(site, fleet, open);
    const took = await revoke(site, connected.slice(0, REVOKED));
    return { agents: AGENTS, revoked: REVOKED, enrolPerSecond: perSecond, enrolP99Ms: p99Ms, enrolCpuMs: cpuMs, revokeP50Ms: quantile(took, 0.5), revokeP99Ms: quantile(took, 0.99) };
  } finally {
    await Promise.all(open.map((nc) => nc.close()));
  }
};
