/** DigitalOcean's v2 API behind the cloud port. A create is sent once and never repeated here: the service has no idempotency key, so a second one would be a second droplet. */
import { Unavailable } from '@citrus/kit-domain';
import type { z } from 'zod';
import { byAge, byStart } from './by-age.ts';
import { createCallBudget, type CallBudget, type CallPriority } from './call-budget.ts';
import { actSilence, allPages, CloudClient, createSilence, probeSilence, readAs, TokenRefused, type Answer } from './cloud-client.ts';
import { actionBody, actOutcomeOf } from './digitalocean.actions.ts';
import { dropletLimitReached, isAbsent, isDropletLimit, isGpu, messageOf, refusalOf } from './digitalocean.refusals.ts';
import {
  AccountAnswer, ActionsAnswer, BackupsAnswer, CreateAnswer, DropletAnswer, instanceOf, keptIn, ListAnswer, nextPageOf, OperationAnswer, operationIn, operationOf, SnapshotsAnswer, type PageLinks,
} from './digitalocean.wire.ts';
import {
  FLEET_TAG, type ActOutcome, type Capabilities, type CloudProvider, type CreateOutcome, type Instance, type MachineAction, type MachineSpec, type Operation, type OperationKey, type OperationState, type Probe, type Snapshot, type TagsRefused } from './provider.port.ts';

export type DigitalOceanOptions = {
  readonly url: string; readonly token: string; readonly createTimeoutMs: number; readonly readTimeoutMs?: number; readonly callsPerSecond?: number;
  /** The credential's budget where others use the same credential; else one of its own. */
  readonly budget?: CallBudget;
};

const PAGE = '200';
const CREDENTIAL_PAUSE_MS = 60_000;

export const DIGITALOCEAN: Capabilities = {
  idempotency: 'none', userDataMaxBytes: 65_536, settleMs: 60_000, callsPerMinute: 250,
  actions: new Set(['power-on', 'power-off', 'shutdown', 'reboot', 'power-cycle', 'enable-backups', 'disable-backups', 'resize', 'rename', 'rebuild', 'snapshot', 'restore']),
};

const bodyOf = (spec: MachineSpec, key: OperationKey) => ({
  name: key.name, region: spec.region, size: spec.size, image: spec.image,
  tags: [...new Set([...spec.tags, FLEET_TAG, key.tag])],
  ssh_keys: spec.sshKeys, backups: spec.backups, ipv6: spec.ipv6, monitoring: spec.monitoring, user_data: spec.userData,
  ...(spec.vpcId !== undefined && { vpc_uuid: spec.vpcId }),
});

const dropletPath = (ref: string, rest = '') => `/v2/droplets/${encodeURIComponent(ref)}${rest}`;

type Page<Item> = { readonly items: readonly Item[]; readonly links: PageLinks; readonly total?: number | undefined };

export class DigitalOcean implements CloudProvider {
  readonly capabilities = DIGITALOCEAN;
  readonly #client: CloudClient;
  readonly #createTimeoutMs: number;
  readonly #readTimeoutMs: number;

  constructor({ url, token, createTimeoutMs, readTimeoutMs = 15_000, callsPerSecond = 4, budget }: DigitalOceanOptions) {
    this.#client = new CloudClient({ url, token, budget: budget ?? createCallBudget({ perSecond: callsPerSecond, burst: callsPerSecond * 4, now: Date.now }) });
    this.#createTimeoutMs = createTimeoutMs;
    this.#readTimeoutMs = readTimeoutMs;
  }

  async create(spec: MachineSpec, key: OperationKey): Promise<CreateOutcome> {
    if (Buffer.byteLength(spec.userData) > DIGITALOCEAN.userDataMaxBytes) return { type: 'rejected', code: 'user_data.too_long', reason: `The user data is longer than the ${DIGITALOCEAN.userDataMaxBytes} bytes that the cloud takes.`, retryAfterMs: null };
    let answer: Answer;
    try {
      answer = await this.#client.call({ method: 'POST', path: '/v2/droplets', body: bodyOf(spec, key), timeoutMs: this.#createTimeoutMs, priority: 'change' });
    } catch (error) {
      return createSilence(error);
    }
    const { status, body } = answer;
    if (status >= 200 && status < 300) {
      const created = CreateAnswer.safeParse(body);
      if (!created.success) return { type: 'unknown', reason: `The cloud answered ${status} with something unreadable.` };
      const opRef = created.data.links?.actions?.find(({ rel }) => rel === 'create')?.id;
      return { type: 'accepted', ref: created.data.droplet.id, ...(opRef !== undefined && { opRef }) };
    }
    if (isDropletLimit(status, body)) return dropletLimitReached(await this.#dropletLimit());
    return refusalOf(status, body, spec) ?? { type: 'unknown', reason: `The cloud answered ${status}.` };
  }

  /** Only to say it to people, so its absence is no failure. */
  async #dropletLimit(): Promise<number | undefined> {
    try {
      return (await this.#read('/v2/account', AccountAnswer))?.account.droplet_limit;
    } catch {
      return undefined;
    }
  }

  async find(key: OperationKey): Promise<Instance[]> {
    const searches = [{ name: key.name }, { tag_name: key.tag }, ...(isGpu(key) ? [{ name: key.name, type: 'gpus' }] : [])];
    const found = new Map<string, Instance>();
    for (const search of searches) {
      for (const instance of await this.#all((page) => this.#droplets({ ...search, page }, 'look'))) found.set(instance.ref, instance);
    }
    return [...found.values()].sort(byAge);
  }

  /** Paging is by offset and the order of lists is documented nowhere, so a list is read to its end. */
  #all<Item>(read: (page: string) => Promise<Page<Item>>): Promise<Item[]> {
    return allPages(async (page) => {
      const { items, links } = await read(String(page));
      const next = nextPageOf(links);
      return { items, next: next === undefined ? undefined : Number(next) };
    });
  }

  async #droplets(query: Record<string, string>, priority: CallPriority): Promise<Page<Instance>> {
    const answer = await this.#read('/v2/droplets', ListAnswer, { query: { ...query, per_page: PAGE }, priority });
    if (!answer) throw new Unavailable('The cloud has no list of droplets at the moment.');
    return { items: answer.droplets.map(instanceOf), links: answer.links, total: answer.meta?.total ?? undefined };
  }

  async get(ref: string): Promise<Instance | 'absent'> {
    const answer = await this.#read(dropletPath(ref), DropletAnswer);
    return answer ? instanceOf(answer.droplet) : 'absent';
  }

  async list(tag: string, cursor = '1'): Promise<{ items: Instance[]; next?: string; total?: number }> {
    const { items, links, total } = await this.#droplets({ tag_name: tag, page: cursor }, 'survey');
    const next = nextPageOf(links);
    return { items: [...items], ...(next !== undefined && { next }), ...(total !== undefined && { total }) };
  }

  async operation(opRef: string): Promise<OperationState> {
    const answer = await this.#read(`/v2/actions/${encodeURIComponent(opRef)}`, OperationAnswer);
    return answer ? operationOf(answer.action.status) : { type: 'running' };
  }

  async destroy(ref: string): Promise<'requested' | 'busy' | 'absent'> {
    const answer = await this.#client.call({ method: 'DELETE', path: dropletPath(ref), timeoutMs: this.#readTimeoutMs, priority: 'change' });
    if (isAbsent(answer)) return 'absent';
    if (answer.status >= 200 && answer.status < 300) return 'requested';
    if (answer.status === 422) return 'busy';
    throw this.#failed(answer.status, answer.body);
  }

  async act(ref: string, action: MachineAction): Promise<ActOutcome> {
    try {
      return actOutcomeOf(await this.#client.call({ method: 'POST', path: dropletPath(ref, '/actions'), body: actionBody(action), timeoutMs: this.#createTimeoutMs, priority: 'change' }), action);
    } catch (error) {
      return actSilence(error);
    }
  }

  async operations(ref: string, since: string): Promise<readonly Operation[]> {
    const path = dropletPath(ref, '/actions');
    const actions = await this.#all(async (page) => {
      const answer = await this.#read(path, ActionsAnswer, { query: { page, per_page: PAGE } });
      return { items: answer?.actions.map(operationIn) ?? [], links: answer?.links };
    });
    // Theirs have whole seconds.
    const from = Math.floor(Date.parse(since) / 1000) * 1000;
    return actions.filter(({ startedAt }) => Date.parse(startedAt) >= from).sort(byStart);
  }

  async snapshots(ref: string): Promise<readonly Snapshot[]> {
    const snapshots = await this.#all(async (page) => {
      const answer = await this.#read(dropletPath(ref, '/snapshots'), SnapshotsAnswer, { query: { page, per_page: PAGE } });
      return { items: answer?.snapshots.map(keptIn('snapshot')) ?? [], links: answer?.links };
    });
    const backups = await this.#all(async (page) => {
      const answer = await this.#read(dropletPath(ref, '/backups'), BackupsAnswer, { query: { page, per_page: PAGE } });
      return { items: answer?.backups.map(keptIn('backup')) ?? [], links: answer?.links };
    });
    return [...snapshots, ...backups].sort(byAge);
  }

  async removeSnapshot(snapshotRef: string): Promise<'removed' | 'absent'> {
    const answer = await this.#client.call({ method: 'DELETE', path: `/v2/snapshots/${encodeURIComponent(snapshotRef)}`, timeoutMs: this.#readTimeoutMs, priority: 'change' });
    if (isAbsent(answer)) return 'absent';
    if (answer.status === 204) return 'removed';
    throw this.#failed(answer.status, answer.body);
  }

  async addTags(ref: string, tags: readonly string[]): Promise<'added' | 'absent'> {
    for (const tag of tags) {
      const made = await this.#client.call({ method: 'POST', path: '/v2/tags', body: { name: tag }, timeoutMs: this.#readTimeoutMs, priority: 'change' });
      if (made.status !== 201) throw this.#failed(made.status, made.body);
      const body = { resources: [{ resource_id: ref, resource_type: 'droplet' }] };
      const tagged = await this.#client.call({ method: 'POST', path: `/v2/tags/${encodeURIComponent(tag)}/resources`, body, timeoutMs: this.#readTimeoutMs, priority: 'change' });
      if (isAbsent(tagged)) return 'absent';
      if (tagged.status !== 204) throw this.#failed(tagged.status, tagged.body);
    }
    return 'added';
  }

  /** Of a tag that nothing has any more, the cloud answers 404 just as of a machine that is gone; so the machine is asked for first. */
  async removeTags(ref: string, tags: readonly string[]): Promise<'removed' | 'absent' | TagsRefused> {
    if ((await this.get(ref)) === 'absent') return 'absent';
    for (const tag of tags) {
      const body = { resources: [{ resource_id: ref, resource_type: 'droplet' }] };
      const answer = await this.#client.call({ method: 'DELETE', path: `/v2/tags/${encodeURIComponent(tag)}/resources`, body, timeoutMs: this.#readTimeoutMs, priority: 'change' });
      // Not a token that is refused: one that was given fewer rights.
      if (answer.status === 403) return { refused: 'The API token of this cloud may not take tags off. Give it the right tag:delete, or full access.' };
      if (answer.status !== 204 && !isAbsent(answer)) throw this.#failed(answer.status, answer.body);
    }
    return 'removed';
  }

  async probe(): Promise<Probe> {
    try {
      const answer = await this.#client.call({ method: 'GET', path: '/v2/account', timeoutMs: this.#readTimeoutMs, priority: 'look' });
      if (answer.status === 401) return { isGood: false, code: 'cloud.unauthorized', reason: 'The cloud does not accept this API token. It may be mistyped, expired or revoked.' };
      if (answer.status === 403) return { isGood: false, code: 'cloud.forbidden', reason: 'This API token may not read its account. Give it the right account:read, or full access.' };
      if (answer.status !== 200) return { isGood: false, code: 'cloud.unavailable', reason: this.#failed(answer.status, answer.body).message };
      const { account } = readAs(AccountAnswer, answer.body, '/v2/account');
      if (account.status === 'locked') return { isGood: false, code: 'account.locked', reason: `The cloud has locked this account. ${account.status_message ?? ''}`.trim() };
      return (await this.#mayChange()) ?? { isGood: true, account: account.team?.name ?? account.email ?? 'unnamed', machineLimit: account.droplet_limit };
    } catch (error) {
      return probeSilence(error);
    }
  }

  /** Rights have no list to read. A create that cannot succeed, because there is no such size, tells whether creates are allowed. */
  async #mayChange(): Promise<Probe | undefined> {
    const body = { name: 'citrus-probe', region: 'none', size: 'citrus-probe-no-such-size', image: 'citrus-probe-no-such-image', tags: [FLEET_TAG] };
    const { status } = await this.#client.call({ method: 'POST', path: '/v2/droplets', body, timeoutMs: this.#readTimeoutMs, priority: 'look' });
    if (status === 401 || status === 403) return { isGood: false, code: 'cloud.forbidden', reason: 'This API token may not create droplets with tags. Give it all rights to droplets, to create, read and delete tags, to read actions, and to read and delete images and snapshots; or full access.' };
    return undefined;
  }

  /** Undefined: there is no such thing. */
  async #read<Schema extends z.ZodType>(path: string, schema: Schema, { query, priority = 'look' }: { query?: Record<string, string>; priority?: CallPriority } = {}): Promise<z.infer<Schema> | undefined> {
    const answer = await this.#client.call({ method: 'GET', path, timeoutMs: this.#readTimeoutMs, priority, ...(query && { query }) });
    if (isAbsent(answer)) return undefined;
    if (answer.status !== 200) throw this.#failed(answer.status, answer.body);
    return readAs(schema, answer.body, path);
  }

  #failed(status: number, body: unknown): Unavailable {
    if (status === 401 || status === 403) return new TokenRefused(`The cloud does not accept its credential (${status}). Check the API token.`, { retryAfterMs: CREDENTIAL_PAUSE_MS });
    return new Unavailable(`The cloud answered ${status}: ${messageOf(body) || 'no reason given'}`);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
