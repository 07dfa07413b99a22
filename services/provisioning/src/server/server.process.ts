/**
 * The process manager's hands: carries out the one step that `nextStep` names and writes down what came of it. It may
 * be killed between any two lines, and two replicas may do the same step: the intent is in the log before the POST,
 * and whoever did not append the intent does not send it.
 */
import type { ServerId } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import type { Known } from '@citrus/kit-event-store';
import { ComeBackLater } from '../fleet-view/come-back-later.ts';
import { carryOutAction } from '../action/action.process.ts';
import { specNow } from '../action/action.state.ts';
import type { Clouds } from '../provider/clouds.ts';
import { nameOfAttempt, tagOfServer, type CloudProvider, type CreateOutcome, type OperationKey } from '../provider/provider.port.ts';
import { enrolmentEndsAt, isTrusted404, isTwinRuledOut, nextStep, pause, settledAt, sweepDueAt, type Policy, type Step } from './next-step.ts';
import type { ServerCommand } from './server.commands.ts';
import type { AppendedEvent } from './server.handler.ts';
import type { CreatingServer, Droplet, ExistingServer, PendingCreate, ServerState } from './server.state.ts';

/** A server as its log said last. `cause`: the id of the last event, which what is done next follows from. */
export type Seen = Known<ServerState> & { readonly cause?: string | undefined };

export type ServerProcess = {
  readonly load: (serverId: ServerId) => Promise<Seen>;
  /** On behalf of this server; gives what the log says afterwards, and the events that came of it. `seen` may be old: the log decides. */
  readonly execute: (command: ServerCommand, server: ExistingServer, seen: Seen) => Promise<Seen & { readonly events: readonly AppendedEvent[] }>;
  readonly clouds: Clouds;
  /** What the droplet runs at its first boot; asks for the agent's one-time token. */
  readonly userDataFor: (server: ExistingServer, enrolmentExpiresAt: Date, cause?: string) => Promise<string>;
  readonly policy: Policy;
  readonly now: () => number;
  readonly random: () => number;
};

/** What a single step works with. */
type Hands = Omit<ServerProcess, 'load' | 'execute' | 'clouds'> & { readonly cloud: () => Promise<CloudProvider>; readonly execute: (command: ServerCommand) => Promise<readonly AppendedEvent[]> };

const keyOf = (server: ExistingServer): OperationKey => ({
  name: nameOfAttempt(specNow(server).name, server.serverId, server.attempt), tag: tagOfServer(server.serverId), size: specNow(server).size,
});

const isoOf = (ms: number) => new Date(ms).toISOString();

/** Later after every refusal, so that a full account is not asked all the time. */
const retryAtOf = (outcome: Extract<CreateOutcome, { type: 'rejected' }>, tryNumber: number, hands: Hands): string | null =>
  outcome.retryAfterMs === null ? null : isoOf(hands.now() + outcome.retryAfterMs * Math.min(tryNumber, 6) * (0.8 + 0.4 * hands.random()));

/** As long as the cloud would refuse the create anyway, nothing is written down and nobody's token is asked for. */
const LONGEST_TURN_MS = 15_000;
const awaitTurn = async (cloud: CloudProvider): Promise<void> => {
  const { waitMs, cause } = (await cloud.outlook?.()) ?? { waitMs: 0, cause: 'limit' };
  if (waitMs > 0 && cause === 'limit') throw new ComeBackLater('The cloud’s request limit is used up.', { retryAfterMs: Math.min(LONGEST_TURN_MS, waitMs) });
};

const create = async (hands: Hands, server: CreatingServer): Promise<void> => {
  const { serverId, attempt } = server;
  const spec = specNow(server);
  const key = keyOf(server);
  const aboutTry = { serverId, attempt, tryNumber: server.tries + 1 };
  const cloud = await hands.cloud();
  await awaitTurn(cloud);
  const userData = await hands.userDataFor(server, new Date(enrolmentEndsAt(server, hands.policy)));
  const intendedAt = hands.now();
  const intended = await hands.execute({ type: 'IntendCreate', at: isoOf(intendedAt), data: { ...aboutTry, name: key.name, tag: key.tag } });
  if (intended.length === 0) return;
  // A process that slept here for long must not send what others count as lost.
  if (hands.now() - intendedAt > hands.policy.createTimeoutMs) return;
  const outcome = await cloud.create({ ...spec, userData }, key);
  const at = isoOf(hands.now());
  switch (outcome.type) {
    case 'accepted':
      await hands.execute({ type: 'RecordAccepted', at, data: { ...aboutTry, dropletRef: outcome.ref, ...(outcome.opRef !== undefined && { actionRef: outcome.opRef }) } });
      return;
    case 'rejected':
      await hands.execute({ type: 'RecordRefused', at, data: { ...aboutTry, code: outcome.code, reason: outcome.reason, retryAt: retryAtOf(outcome, aboutTry.tryNumber, hands) } });
      return;
    case 'unknown':
      await hands.execute({ type: 'RecordUnknown', at, data: { ...aboutTry, reason: outcome.reason } });
  }
};

const lookUp = async (hands: Hands, server: ExistingServer, pending: PendingCreate | null, shownSince?: number): Promise<void> => {
  const { serverId, attempt } = server;
  const key = keyOf(server);
  const startedAt = hands.now();
  const found = await (await hands.cloud()).find(key, shownSince);
  const isOurs = ({ name }: { name: string }) => name.toLowerCase() === key.name;
  const ours = found.filter(isOurs).map(({ ref }) => ref);
  const strays = found.filter((instance) => !isOurs(instance) && instance.tags.includes(key.tag)).map(({ ref }) => ref);
  const isSettled = pending !== null && startedAt >= settledAt(pending, hands.policy);
  const at = isoOf(hands.now());
  await hands.execute({ type: 'RecordLookUp', at, data: { serverId, attempt, tryNumber: pending?.tryNumber ?? 0, ours, strays, isSettled } });
  const isClear = pending ? isSettled : isTwinRuledOut(server, startedAt, hands.policy);
  if (found.length === 0 && isClear) await hands.execute({ type: 'RecordCleared', at, data: { serverId, attempt } });
};

const sweep = async (hands: Hands, server: ExistingServer, since: string): Promise<void> => {
  await lookUp(hands, server, null, sweepDueAt(since, hands.policy));
  await hands.execute({ type: 'RecordSwept', at: isoOf(hands.now()), data: { serverId: server.serverId, since } });
};

const hasFailed = async (hands: Hands, droplet: Droplet): Promise<boolean> =>
  droplet.opRef !== undefined && (await (await hands.cloud()).operation(droplet.opRef)).type === 'failed';

const NOT_BUILT = 'The cloud accepted the droplet but could not build it. Try again, perhaps in another region.';

/** The cloud answers 404 for the server's own droplet: too early to tell, a lapse, or lost. */
const missing = async (hands: Hands, server: ExistingServer, droplet: Droplet, askedAt: number): Promise<void> => {
  if (!isTrusted404(droplet, askedAt, hands.policy)) return;
  const found = await (await hands.cloud()).find(keyOf(server));
  if (found.some(({ ref }) => ref === droplet.ref)) return;
  const [code, reason] = (await hasFailed(hands, droplet)) ? ['droplet.errored', NOT_BUILT] : ['droplet.vanished', 'The droplet has disappeared from the cloud.'];
  await hands.execute({ type: 'RecordVanished', at: isoOf(hands.now()), data: { serverId: server.serverId, dropletRef: droplet.ref, code, reason } });
};

const watch = async (hands: Hands, server: ExistingServer, droplet: Droplet): Promise<void> => {
  const { serverId, attempt } = server;
  const askedAt = hands.now();
  const instance = await (await hands.cloud()).get(droplet.ref);
  if (instance === 'absent') return missing(hands, server, droplet, askedAt);
  if (server.status !== 'provisioning') return;
  if (instance.phase === 'running' && instance.publicIp !== undefined) {
    await hands.execute({ type: 'RecordReady', at: isoOf(hands.now()), data: { serverId, attempt, dropletRef: droplet.ref, ipAddress: instance.publicIp } });
    return;
  }
  const isSlow = askedAt >= Date.parse(droplet.since) + hands.policy.settleMs;
  if (isSlow && (await hasFailed(hands, droplet))) {
    await hands.execute({ type: 'FailServer', at: isoOf(hands.now()), data: { serverId, attempt, step: 'provisioning', code: 'droplet.errored', reason: NOT_BUILT } });
  }
};

const destroy = async (hands: Hands, server: ExistingServer, droplets: readonly Droplet[]): Promise<void> => {
  for (const droplet of droplets) {
    const isTrusted = isTrusted404(droplet, hands.now(), hands.policy);
    // Asked for again and again until it has gone: the deletion of a fresh droplet may have no effect.
    if ((await (await hands.cloud()).destroy(droplet.ref)) !== 'absent' || !isTrusted) continue;
    if ((await (await hands.cloud()).get(droplet.ref)) !== 'absent') continue;
    await hands.execute({ type: 'RecordGone', at: isoOf(hands.now()), data: { serverId: server.serverId, dropletRef: droplet.ref } });
  }
};

/** What a last look finds moves the server on, and then there is nothing to fail any more: the decider sees to it. */
const fail = async (hands: Hands, server: ExistingServer, { failure, lastLook }: Extract<Step, { do: 'fail' }>): Promise<void> => {
  const { serverId, attempt } = server;
  try {
    if (lastLook) await carryOut(hands, server, lastLook);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
  }
  await hands.execute({ type: 'FailServer', at: isoOf(hands.now()), data: { serverId, attempt, ...failure } });
};

const carryOut = async (hands: Hands, server: ExistingServer, step: Step): Promise<void> => {
  switch (step.do) {
    case 'rest': return;
    case 'create': return server.status === 'creating' ? create(hands, server) : undefined;
    case 'look-up': return lookUp(hands, server, step.pending);
    case 'sweep': return sweep(hands, server, step.since);
    case 'watch': return watch(hands, server, step.droplet);
    case 'destroy': return destroy(hands, server, step.droplets);
    case 'fail': return fail(hands, server, step);
    case 'act': case 'look-up-act': case 'watch-act': case 'end-act': return carryOutAction(hands, server, step);
  }
};

/** When this server wants to be looked at again; `null`: only when something new is in its log. */
const nextWake = (process: ServerProcess, after: ServerState, isNews: boolean): number | null => {
  const now = process.now();
  if (after.status === 'none') return null;
  const next = nextStep(after, now, process.policy);
  if (next.do === 'rest') return next.until;
  const isAwaited = next.do === 'watch' || next.do === 'watch-act' || next.do === 'look-up-act' || (next.do === 'look-up' && next.pending !== null);
  const isAtOnce = isNews && !isAwaited;
  return isAtOnce ? now : now + pause(after, now, process.policy, process.random());
};

/**
 * Waiting for a token that the cloud accepts is nobody's fault: no deadline runs out meanwhile.
 * @throws Unavailable while the cloud refuses the credential
 */
const policyFor = async ({ clouds, policy }: ServerProcess, server: ExistingServer): Promise<Policy> =>
  server.cloudId === undefined ? policy : { ...policy, countsFrom: await clouds.usableSince(server) };

/** Makes one step for one server. */
export const advanceServer = async (process: ServerProcess, serverId: ServerId): Promise<{ readonly wakeAt: number | null; readonly version: number }> => {
  let isNews = false;
  let seen = await process.load(serverId);
  const server = seen.state;
  if (server.status === 'none') return { wakeAt: null, version: seen.version };
  const execute: Hands['execute'] = async (command) => {
    const { events, ...after } = await process.execute(command, server, seen);
    isNews ||= events.length > 0;
    seen = after;
    return events;
  };
  const userDataFor: Hands['userDataFor'] = (one, expiresAt) => process.userDataFor(one, expiresAt, seen.cause);
  // Asked for when it is needed: a server fails in time also when its cloud cannot be reached.
  const cloud = () => process.clouds.cloudFor(server);
  const policy = await policyFor(process, server);
  await carryOut({ ...process, policy, cloud, execute, userDataFor }, server, nextStep(server, process.now(), policy));
  return { wakeAt: nextWake({ ...process, policy }, seen.state, isNews), version: seen.version };
};
