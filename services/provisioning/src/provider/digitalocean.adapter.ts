/** DigitalOcean's v2 API behind the cloud port. A create is sent once and never repeated here: the service has no idempotency key, so a second one would be a second droplet. */
import { Unavailable } from '@citrus/kit-domain';
import type { z } from 'zod';
import { createCallBudget } from './call-budget.ts';
import { DigitalOceanClient, NotSent, OverBudget, type Answer } from './digitalocean.client.ts';
import { dropletLimitReached, isDropletLimit, isGpu, messageOf, refusalOf } from './digitalocean.refusals.ts';
import { AccountAnswer, ActionAnswer, byAge, CreateAnswer, DropletAnswer, instanceOf, ListAnswer, nextPageOf, operationOf } from './digitalocean.wire.ts';
import { FLEET_TAG, type CloudProvider, type CreateOutcome, type Instance, type MachineSpec, type OperationKey, type OperationState } from './provider.port.ts';

export type DigitalOceanOptions = { readonly url: string; readonly token: string; readonly createTimeoutMs: number; readonly readTimeoutMs?: number; readonly callsPerSecond?: number };

const PAGE = '200';
const CREDENTIAL_PAUSE_MS = 60_000;

const bodyOf = (spec: MachineSpec, key: OperationKey) => ({
  name: key.name, region: spec.region, size: spec.size, image: spec.image,
  tags: [...new Set([...spec.tags, FLEET_TAG, key.tag])],
  ssh_keys: spec.sshKeys, backups: spec.backups, ipv6: spec.ipv6, monitoring: spec.monitoring, user_data: spec.userData,
  ...(spec.vpcId !== undefined && { vpc_uuid: spec.vpcId }),
});

export class DigitalOcean implements CloudProvider {
  readonly #client: DigitalOceanClient;
  readonly #createTimeoutMs: number;
  readonly #readTimeoutMs: number;

  constructor({ url, token, createTimeoutMs, readTimeoutMs = 15_000, callsPerSecond = 4 }: DigitalOceanOptions) {
    this.#client = new DigitalOceanClient({ url, token, budget: createCallBudget({ perSecond: callsPerSecond, burst: callsPerSecond * 4, now: Date.now }) });
    this.#createTimeoutMs = createTimeoutMs;
    this.#readTimeoutMs = readTimeoutMs;
  }

  async create(spec: MachineSpec, key: OperationKey): Promise<CreateOutcome> {
    let answer: Answer;
    try {
      answer = await this.#client.call({ method: 'POST', path: '/v2/droplets', body: bodyOf(spec, key), timeoutMs: this.#createTimeoutMs });
    } catch (error) {
      if (error instanceof NotSent) return { type: 'rejected', code: error instanceof OverBudget ? 'cloud.rate_limited' : 'cloud.unreachable', reason: error.message, retryAfterMs: Math.max(2000, error.retryAfterMs) };
      return { type: 'unknown', reason: error instanceof Error ? error.message : 'no answer' };
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
      for (const instance of await this.#all(search)) found.set(instance.ref, instance);
    }
    return [...found.values()].sort(byAge);
  }

  async #all(search: Record<string, string>): Promise<Instance[]> {
    const items: Instance[] = [];
    for (let page: string | undefined = '1'; page !== undefined; ) {
      const answer: z.infer<typeof ListAnswer> = await this.#list({ ...search, page });
      items.push(...answer.droplets.map(instanceOf));
      const next = nextPageOf(answer.links);
      page = next !== undefined && Number(next) > Number(page) ? next : undefined;
    }
    return items;
  }

  async #list(query: Record<string, string>): Promise<z.infer<typeof ListAnswer>> {
    const answer = await this.#read('/v2/droplets', ListAnswer, { ...query, per_page: PAGE });
    if (!answer) throw new Unavailable('The cloud has no list of droplets at the moment.');
    return answer;
  }

  async get(ref: string): Promise<Instance | 'absent'> {
    const answer = await this.#read(`/v2/droplets/${encodeURIComponent(ref)}`, DropletAnswer);
    return answer ? instanceOf(answer.droplet) : 'absent';
  }

  async list(tag: string, cursor = '1'): Promise<{ items: Instance[]; next?: string }> {
    const answer = await this.#list({ tag_name: tag, page: cursor });
    const next = nextPageOf(answer.links);
    return { items: answer.droplets.map(instanceOf), ...(next !== undefined && { next }) };
  }

  async operation(opRef: string): Promise<OperationState> {
    const answer = await this.#read(`/v2/actions/${encodeURIComponent(opRef)}`, ActionAnswer);
    return answer ? operationOf(answer.action.status) : { type: 'running' };
  }

  async destroy(ref: string): Promise<'requested' | 'busy' | 'absent'> {
    const { status, body } = await this.#client.call({ method: 'DELETE', path: `/v2/droplets/${encodeURIComponent(ref)}`, timeoutMs: this.#readTimeoutMs });
    if (status >= 200 && status < 300) return 'requested';
    if (status === 404) return 'absent';
    if (status === 422) return 'busy';
    throw this.#failed(status, body);
  }

  /** Undefined: 404. */
  async #read<Schema extends z.ZodType>(path: string, schema: Schema, query?: Record<string, string>): Promise<z.infer<Schema> | undefined> {
    const { status, body } = await this.#client.call({ method: 'GET', path, timeoutMs: this.#readTimeoutMs, ...(query && { query }) });
    if (status === 404) return undefined;
    if (status !== 200) throw this.#failed(status, body);
    const parsed = schema.safeParse(body);
    if (!parsed.success) throw new Unavailable(`The cloud answered GET ${path} with something unreadable.`, { cause: parsed.error });
    return parsed.data;
  }

  #failed(status: number, body: unknown): Unavailable {
    if (status === 401 || status === 403) return new Unavailable(`The cloud does not accept its credential (${status}). Check the API token.`, { retryAfterMs: CREDENTIAL_PAUSE_MS });
    return new Unavailable(`The cloud answered ${status}: ${messageOf(body) || 'no reason given'}`);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
