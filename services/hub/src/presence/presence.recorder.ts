/**
 * Writes PRESENCE: from the broker's own connect and disconnect events, which one replica gets, and every 20 seconds
 * from its list of connections, because an event may have found no hub to hear it. That list also shows whether two speak
 * with one agent's key, which auth is told.
 */
import { reportAgentClone, subjects } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { CLOCK, LOGGER, NATS, REQUESTS } from '@citrus/kit-service';
import { jetstream } from '@nats-io/jetstream';
import { RequestError, type NatsConnection } from '@nats-io/nats-core';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { clonesAmong, RecentConnections, type Standing } from './clones.ts';
import { begunOfEvent, ConnectionEvent, ConnectionList, recordOfEvent, recordsOfList, standingOfList } from './connection-news.ts';
import { Missing } from './missing.ts';
import { Presence } from './presence.ts';
import { isNews, type PresenceRecord } from './presence-state.ts';

const RECONCILE_EVERY_MS = 20_000;
const PAGE = 1024;
const SERVERS_ANSWER_WITHIN_MS = 1000;

@Injectable()
export class PresenceRecorder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #recent = new RecentConnections();
  readonly #missing = new Missing();
  #account: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  // oxlint-disable-next-line max-params -- Nest gives its dependencies one by one
  constructor(
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(Presence) private readonly presence: Presence,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(REQUESTS) private readonly requests: Requests,
  ) {}

  onApplicationBootstrap(): void {
    for (const kind of ['CONNECT', 'DISCONNECT'] as const) {
      this.nats.subscribe(`$SYS.ACCOUNT.*.${kind}`, { queue: 'hub', callback: (error, message) => void (!error && this.#hear(message.json(), kind === 'CONNECT')) });
    }
    this.#timer = setInterval(() => void this.#attempt('reconcile', () => this.reconcile()), RECONCILE_EVERY_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  #hear(body: unknown, isConnected: boolean): void {
    const event = ConnectionEvent.safeParse(body);
    if (!event.success) return;
    this.#account = event.data.client.acc;
    const begun = isConnected ? begunOfEvent(event.data) : undefined;
    if (begun) this.#recent.learn([begun]);
    const told = recordOfEvent(event.data, isConnected, this.clock());
    if (told) void this.#attempt('record', () => this.#record([told]));
  }

  async #record(told: readonly PresenceRecord[]): Promise<void> {
    for (const record of told.filter((one) => isNews(this.presence.recordOf(one.agentId), one))) {
      await jetstream(this.nats).publish(subjects.presence(record.agentId), JSON.stringify(record));
      this.presence.learn(record);
    }
  }

  /** Compares what we believe with the servers' lists; a server that does not answer is not held against its agents. */
  async reconcile(): Promise<void> {
    const startedAt = this.clock();
    const believed = this.presence.records().filter(({ isConnected }) => isConnected);
    const account = this.#account ?? believed[0]?.account ?? this.presence.records()[0]?.account;
    if (!account) return; // no agent was ever seen
    const { servers, standing, connections } = await this.#ask(account, startedAt);
    const sessions = new Set(standing.map(({ session }) => session));
    const gone = this.#missing.twice(believed, { startedAt, servers, sessions });
    await this.#record([...standing, ...gone.map((record) => ({ ...record, isConnected: false, at: startedAt.toISOString() }))]);
    this.#recent.learn(connections);
    // Auth puts down one an hour; saying it again is how it gets through when auth was away.
    for (const clone of clonesAmong(connections, this.#recent.since(startedAt))) await this.requests.call(reportAgentClone, clone);
  }

  async #ask(account: string, at: Date): Promise<{ servers: Set<string>; standing: PresenceRecord[]; connections: Standing[] }> {
    const servers = new Set<string>();
    const standing: PresenceRecord[] = [];
    const connections: Standing[] = [];
    for (let offset = 0, total = 1; offset < total; offset += PAGE) {
      const answers = await this.nats.requestMany(`$SYS.REQ.ACCOUNT.${account}.CONNZ`, JSON.stringify({ auth: true, limit: PAGE, offset }), { strategy: 'stall', stall: 300, maxWait: SERVERS_ANSWER_WITHIN_MS });
      for await (const answer of answers) {
        const list = ConnectionList.parse(answer.json());
        servers.add(list.server.id);
        total = Math.max(total, list.data.total);
        standing.push(...recordsOfList(list, account, at));
        connections.push(...standingOfList(list));
      }
    }
    return { servers, standing, connections };
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // The next reconciliation repairs it; without system events (a broker without accounts) beats alone must do.
      const isNobody = error instanceof RequestError && error.isNoResponders();
      if (!isNobody) this.logger.warn({ event: `presence.${what}_failed`, reason: error instanceof Error ? error.message : String(error) }, 'cannot keep presence up to date right now');
    }
  }
}
