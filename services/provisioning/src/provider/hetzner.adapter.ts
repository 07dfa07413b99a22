/**
 * Hetzner Cloud's v1 API behind the cloud port. A name is unique in a project (docs.hetzner.cloud, "Create a Server"), so
 * a create that was carried out before is refused with `uniqueness_error`; the server of that name is looked up and
 * adopted if it carries our label. Everything belongs to the project of the API token.
 */
import { Unavailable } from '@citrus/kit-domain';
import type { z } from 'zod';
import { byAge, byStart } from './by-age.ts';
import { createCallBudget, type CallBudget, type CallPriority } from './call-budget.ts';
import { actSilence, allPages, CloudClient, createSilence, probeSilence, readAs, TokenRefused, type Answer } from './cloud-client.ts';
import { requestOf, serverPath } from './hetzner.actions.ts';
import { labelOf, labelsOf, misfitText, selectorOf, tagsOf, type Labels } from './hetzner.labels.ts';
import { actOutcomeOf, isAbsent, problemOf, READ_ONLY, refusalOf, UNAUTHORIZED } from './hetzner.refusals.ts';
import { ActionsAnswer, CreateAnswer, ImagesAnswer, instanceOf, isOf, isUsable, nextPageOf, OperationAnswer, operationIn, operationOf, ServerAnswer, ServersAnswer, snapshotIn, type PageMeta } from './hetzner.wire.ts';
import {
  FLEET_TAG, type ActOutcome, type Capabilities, type CloudProvider, type CreateOutcome, type Instance, type MachineAction, type MachineSpec, type Operation, type OperationKey, type OperationState, type Probe, type Snapshot, type TagsRefused } from './provider.port.ts';

export type HetznerOptions = {
  readonly url: string; readonly token: string; readonly createTimeoutMs: number; readonly readTimeoutMs?: number; readonly callsPerSecond?: number;
  /** The credential's budget where others use the same credential; else one of its own. */
  readonly budget?: CallBudget;
};

/** The most that one page may have. */
const PAGE = '50';
const CREDENTIAL_PAUSE_MS = 60_000;

/** 3,600 calls an hour and project, coming back one a second ("Rate Limiting" in docs.hetzner.cloud). */
export const HETZNER: Capabilities = {
  idempotency: 'unique-name', userDataMaxBytes: 32_768, settleMs: 60_000, callsPerMinute: 60,
  actions: new Set(['power-on', 'power-off', 'shutdown', 'reboot', 'power-cycle', 'enable-backups', 'disable-backups', 'resize', 'rename', 'rebuild', 'snapshot', 'restore']),
};

const refuse = (code: string, reason: string): CreateOutcome => ({ type: 'rejected', code, reason, retryAfterMs: null });

/** What this cloud cannot say about a new machine is refused before it is asked. */
const misfitOf = (spec: MachineSpec): CreateOutcome | undefined => {
  if (Buffer.byteLength(spec.userData) > HETZNER.userDataMaxBytes) return refuse('user_data.too_long', `The user data is longer than the ${HETZNER.userDataMaxBytes} bytes that the cloud takes.`);
  if (spec.backups) return refuse('backups.not_at_create', 'This cloud switches backups on for servers that are there. Create the server without them and switch them on then.');
  if (spec.vpcId !== undefined && !/^\d{1,15}$/.test(spec.vpcId)) return refuse('network.unknown', `The private network ${spec.vpcId} is not one of this cloud: there they have numbers.`);
  return undefined;
};

/** `monitoring` has no counterpart: the graphs of this cloud need nothing inside the machine. */
const bodyOf = (spec: MachineSpec, { name }: OperationKey, labels: Labels) => ({
  name, server_type: spec.size, image: spec.image, location: spec.region, labels, ssh_keys: spec.sshKeys, user_data: spec.userData, start_after_create: true,
  public_net: { enable_ipv4: true, enable_ipv6: spec.ipv6 },
  ...(spec.vpcId !== undefined && { networks: [Number(spec.vpcId)] }),
});

type Page<Item> = { readonly items: readonly Item[]; readonly meta: PageMeta };
type Listed = { readonly items: Instance[]; readonly next?: string; readonly total?: number };
type Query = Readonly<Record<string, string>>;

export class Hetzner implements CloudProvider {
  readonly capabilities = HETZNER;
  readonly #client: CloudClient;
  readonly #createTimeoutMs: number;
  readonly #readTimeoutMs: number;

  constructor({ url, token, createTimeoutMs, readTimeoutMs = 15_000, callsPerSecond = 1, budget }: HetznerOptions) {
    this.#client = new CloudClient({ url, token, budget: budget ?? createCallBudget({ perSecond: callsPerSecond, burst: callsPerSecond * 60, now: Date.now }) });
    this.#createTimeoutMs = createTimeoutMs;
    this.#readTimeoutMs = readTimeoutMs;
  }

  async create(spec: MachineSpec, key: OperationKey): Promise<CreateOutcome> {
    const misfit = misfitOf(spec);
    if (misfit) return misfit;
    const labelled = labelsOf([...spec.tags, FLEET_TAG, key.tag]);
    if ('misfit' in labelled) return refuse('tag.not_a_label', misfitText(labelled.misfit));
    let answer: Answer;
    try {
      answer = await this.#client.call({ method: 'POST', path: '/v1/servers', body: bodyOf(spec, key, labelled.labels), timeoutMs: this.#createTimeoutMs, priority: 'change' });
    } catch (error) {
      return createSilence(error);
    }
    const { status, body } = answer;
    if (status >= 200 && status < 300) {
      const created = CreateAnswer.safeParse(body);
      if (!created.success) return { type: 'unknown', reason: `The cloud answered ${status} with something unreadable.` };
      return { type: 'accepted', ref: created.data.server.id, ...(created.data.action && { opRef: created.data.action.id }) };
    }
    if (problemOf(body).code === 'uniqueness_error') return this.#adopt(key);
    return refusalOf(answer, spec) ?? { type: 'unknown', reason: `The cloud answered ${status}.` };
  }

  /** The name is this attempt's alone, so its server came of an earlier call; without our label it is somebody else's. */
  async #adopt(key: OperationKey): Promise<CreateOutcome> {
    try {
      const [namesake] = await this.#all((page) => this.#servers({ name: key.name, page }, 'change'));
      if (!namesake) return { type: 'unknown', reason: 'The cloud has a server of this name, but does not show it yet.' };
      if (namesake.tags.includes(key.tag)) return { type: 'accepted', ref: namesake.ref };
      return refuse('name.taken', `Another server in the cloud is named ${key.name}.`);
    } catch (error) {
      return { type: 'unknown', reason: `The cloud has a server of this name. ${error instanceof Unavailable ? error.message : ''}`.trim() };
    }
  }

  async find(key: OperationKey): Promise<Instance[]> {
    const selector = selectorOf(key.tag);
    const found = new Map<string, Instance>();
    for (const search of [{ name: key.name }, ...(selector === undefined ? [] : [{ label_selector: selector }])]) {
      for (const instance of await this.#all((page) => this.#servers({ ...search, page }, 'look'))) found.set(instance.ref, instance);
    }
    return [...found.values()].sort(byAge);
  }

  #all<Item>(read: (page: string) => Promise<Page<Item>>): Promise<Item[]> {
    return allPages(async (page) => {
      const { items, meta } = await read(String(page));
      return { items, next: nextPageOf(meta) };
    });
  }

  async #servers(query: Query, priority: CallPriority): Promise<Page<Instance>> {
    const answer = await this.#read('/v1/servers', ServersAnswer, { query: { ...query, per_page: PAGE }, priority });
    if (!answer) throw new Unavailable('The cloud has no list of servers at the moment.');
    return { items: answer.servers.map(instanceOf), meta: answer.meta };
  }

  async get(ref: string): Promise<Instance | 'absent'> {
    const answer = await this.#read(serverPath(ref), ServerAnswer);
    return answer ? instanceOf(answer.server) : 'absent';
  }

  async list(tag: string, cursor = '1'): Promise<Listed> {
    const selector = selectorOf(tag);
    if (selector === undefined) return { items: [] };
    const { items, meta } = await this.#servers({ label_selector: selector, page: cursor, sort: 'id:asc' }, 'survey');
    const next = nextPageOf(meta);
    const total = meta?.pagination?.total_entries ?? undefined;
    return { items: [...items], ...(next !== undefined && { next: String(next) }), ...(total !== undefined && { total }) };
  }

  async operation(opRef: string): Promise<OperationState> {
    const answer = await this.#read(`/v1/actions/${encodeURIComponent(opRef)}`, OperationAnswer);
    return answer ? operationOf(answer.action.status) : { type: 'running' };
  }

  async destroy(ref: string): Promise<'requested' | 'busy' | 'absent'> {
    const answer = await this.#client.call({ method: 'DELETE', path: serverPath(ref), timeoutMs: this.#readTimeoutMs, priority: 'change' });
    if (isAbsent(answer)) return 'absent';
    if (answer.status >= 200 && answer.status < 300) return 'requested';
    const { code } = problemOf(answer.body);
    if (code === 'locked' || code === 'conflict') return 'busy';
    if (code === 'protected') throw new Unavailable('The cloud protects the server from being deleted. Remove its protection in the cloud.', { retryAfterMs: CREDENTIAL_PAUSE_MS });
    throw this.#failed(answer);
  }

  async act(ref: string, action: MachineAction): Promise<ActOutcome> {
    try {
      return actOutcomeOf(await this.#client.call({ ...requestOf(ref, action), timeoutMs: this.#createTimeoutMs, priority: 'change' }), action);
    } catch (error) {
      return actSilence(error);
    }
  }

  async operations(ref: string, since: string): Promise<readonly Operation[]> {
    const path = serverPath(ref, '/actions');
    const actions = await this.#all(async (page) => {
      const answer = await this.#read(path, ActionsAnswer, { query: { page, per_page: PAGE } });
      return { items: answer?.actions.map(operationIn) ?? [], meta: answer?.meta };
    });
    // Theirs have whole seconds.
    const from = Math.floor(Date.parse(since) / 1000) * 1000;
    return actions.filter(({ startedAt }) => Date.parse(startedAt) >= from).sort(byStart);
  }

  /** Backups are bound to their server; snapshots only remember it, so all of the project's are read. */
  async snapshots(ref: string): Promise<readonly Snapshot[]> {
    const read = (query: Query) => this.#all(async (page) => {
      const answer = await this.#read('/v1/images', ImagesAnswer, { query: { ...query, page, per_page: PAGE } });
      return { items: answer?.images ?? [], meta: answer?.meta };
    });
    const images = [...(await read({ type: 'snapshot' })).filter(isOf(ref)), ...(await read({ type: 'backup', bound_to: ref }))];
    return images.filter(isUsable).map(snapshotIn).sort(byAge);
  }

  async removeSnapshot(snapshotRef: string): Promise<'removed' | 'absent'> {
    const answer = await this.#client.call({ method: 'DELETE', path: `/v1/images/${encodeURIComponent(snapshotRef)}`, timeoutMs: this.#readTimeoutMs, priority: 'change' });
    if (isAbsent(answer)) return 'absent';
    if (answer.status === 204) return 'removed';
    throw this.#failed(answer);
  }

  /** Labels are written as a whole, so those of others are written again. */
  async addTags(ref: string, tags: readonly string[], beside: readonly string[] = []): Promise<'added' | 'absent' | TagsRefused> {
    const all = labelsOf([...beside, ...tags]);
    if ('misfit' in all) return { refused: misfitText(all.misfit) };
    const added = Object.fromEntries(tags.map(labelOf).flatMap((label) => (label ? [[label.key, label.value]] : [])));
    return (await this.#relabel(ref, (labels) => ({ ...labels, ...added }))) ?? 'added';
  }

  async removeTags(ref: string, tags: readonly string[]): Promise<'removed' | 'absent'> {
    const gone = new Set(tags);
    return (await this.#relabel(ref, (labels) => Object.fromEntries(Object.entries(labels).filter((label) => tagsOf(Object.fromEntries([label])).every((tag) => !gone.has(tag)))))) ?? 'removed';
  }

  async #relabel(ref: string, change: (labels: Labels) => Labels): Promise<'absent' | undefined> {
    const server = await this.#read(serverPath(ref), ServerAnswer);
    if (!server) return 'absent';
    const answer = await this.#client.call({ method: 'PUT', path: serverPath(ref), body: { labels: change(server.server.labels ?? {}) }, timeoutMs: this.#readTimeoutMs, priority: 'change' });
    if (isAbsent(answer)) return 'absent';
    if (answer.status !== 200) throw this.#failed(answer);
    return undefined;
  }

  /** A token has no name and a project no readable limit. A create that cannot succeed tells whether the token may write. */
  async probe(): Promise<Probe> {
    const bad = (code: string, reason: string): Probe => ({ isGood: false, code, reason });
    try {
      const read = await this.#client.call({ method: 'GET', path: '/v1/servers', query: { per_page: '1' }, timeoutMs: this.#readTimeoutMs, priority: 'look' });
      if (read.status === 401) return bad('cloud.unauthorized', 'The cloud does not accept this API token. It may be mistyped or deleted.');
      if (read.status === 403) return bad('cloud.forbidden', 'This API token may not read servers.');
      if (read.status !== 200) return bad('cloud.unavailable', this.#failed(read).message);
      readAs(ServersAnswer, read.body, '/v1/servers');
      const body = { name: 'citrus-probe', server_type: 'citrus-probe-no-such-type', image: 'citrus-probe-no-such-image', start_after_create: false };
      const write = await this.#client.call({ method: 'POST', path: '/v1/servers', body, timeoutMs: this.#readTimeoutMs, priority: 'look' });
      const { code } = problemOf(write.body);
      if (code === 'token_readonly' || code === 'forbidden' || write.status === 401) return bad('cloud.forbidden', READ_ONLY);
      return { isGood: true, account: 'a project in Hetzner Cloud', machineLimit: null };
    } catch (error) {
      return probeSilence(error);
    }
  }

  /** Undefined: there is no such thing. */
  async #read<Schema extends z.ZodType>(path: string, schema: Schema, { query, priority = 'look' }: { query?: Query; priority?: CallPriority } = {}): Promise<z.infer<Schema> | undefined> {
    const answer = await this.#client.call({ method: 'GET', path, timeoutMs: this.#readTimeoutMs, priority, ...(query && { query }) });
    if (isAbsent(answer)) return undefined;
    if (answer.status !== 200) throw this.#failed(answer);
    return readAs(schema, answer.body, path);
  }

  #failed({ status, body }: Answer): Unavailable {
    if (status === 401) return new TokenRefused(UNAUTHORIZED, { retryAfterMs: CREDENTIAL_PAUSE_MS });
    const { message } = problemOf(body);
    return new Unavailable(`The cloud answered ${status}: ${message || 'no reason given'}`, status === 403 ? { retryAfterMs: CREDENTIAL_PAUSE_MS } : {});
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
