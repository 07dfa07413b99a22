/**
 * One agent for each droplet that booted, with the agent's own enrolment, connection, protocol, journal and signatures,
 * thousands in one process. Each has a state folder as on a machine of its own, so a swarm that starts again goes on
 * with the identities that it has.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runAgent, type Machine } from '@citrus/agent/dist/src/agent.js';
import { AgentConfig } from '@citrus/agent/dist/src/config.js';
import { describe, type Log } from '@citrus/agent/dist/src/log.js';
import { callingFrom } from './addresses.ts';
import { readFirstBoot } from './first-boot.ts';
import type { Luck } from './luck.ts';
import type { MachineEvent } from './machine-news.ts';

export type Manners = {
  /** No more agents than this. */
  readonly count: number;
  /** Agents start anywhere within this time after their boot. */
  readonly startWithinMs: number;
  /** Agents that lost the broker together come back spread over this time. */
  readonly reconnectWindowMs: number;
  /** Share of agents that crash soon after they started, and start again. */
  readonly crash: number;
  /** Share of droplets whose first boot runs twice: the same token is used again with the same keys. */
  readonly duplicates: number;
};

type Boot = Extract<MachineEvent, { event: 'boot' }>;
export type SwarmInput = { readonly dir: string; readonly manners: Manners; readonly luck: Luck; readonly machineOf: (name: string) => Machine; readonly log: (name: string) => Log };

const CRASH_WITHIN_MS = 3000;
const RESTART_MS = 1000;

/** Ends `life` anywhere within the limit, as a crash would: the agent is not asked. */
const endsWithin = (life: AbortController, limitMs: number): void => {
  setTimeout(() => life.abort(), limitMs).unref();
};

export const createSwarm = ({ dir, manners, luck, machineOf, log }: SwarmInput) => {
  const lives = new Map<number, { readonly halt: AbortController; readonly ended: Promise<void> }>();
  let [joined, connected, restarts] = [0, 0, 0];

  const counting = (name: string): Log => {
    const inner = log(name);
    const count = (event: string) => {
      if (event === 'agent.enrolled') joined += 1;
      else if (event === 'broker.connected') connected += 1;
    };
    return { ...inner, info: (event, fields) => (count(event), inner.info(event, fields)) };
  };

  const configOf = ({ droplet_id: id, address, user_data: userData }: Boot): AgentConfig | undefined => {
    const first = readFirstBoot(userData);
    if (!first) return undefined;
    const folder = join(dir, String(id));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const tokenFile = join(folder, 'enrolment-token');
    // As cloud-init: once. Later boots have the identity.
    writeFileSync(tokenFile, `${first.token}\n`, { mode: 0o600 });
    return AgentConfig.parse({ hubUrl: first.hubUrl, tokenFile, stateDir: join(folder, 'state'), logDir: join(folder, 'log'), prefix: folder, serverAddress: address, reconnectWindowMs: manners.reconnectWindowMs });
  };

  /** Until the machine halts; systemd starts an agent again that ended. */
  const live = async (boot: Boot, config: AgentConfig, halt: AbortSignal): Promise<void> => {
    const { name } = boot;
    const [machine, told] = [machineOf(name), counting(name)];
    await delay(luck.below(manners.startWithinMs, `${name} start`), undefined, { signal: halt });
    for (let start = 1; !halt.aborted; start += 1) {
      const crash = new AbortController();
      if (start === 1 && luck.strikes(manners.crash, `${name} crash`)) endsWithin(crash, luck.below(CRASH_WITHIN_MS, `${name} crash`));
      try {
        const ended = await runAgent(config, told, AbortSignal.any([halt, crash.signal]), machine);
        if (ended) throw ended;
      } catch (error) {
        told.error('agent.failed', { reason: describe(error) });
      }
      if (halt.aborted) return;
      restarts += 1;
      if (start === 1 && luck.strikes(manners.duplicates, `${name} twice`)) {
        rmSync(join(config.stateDir, 'keys', 'identity.json'), { force: true });
        writeFileSync(config.tokenFile, `${readFirstBoot(boot.user_data)?.token ?? ''}\n`, { mode: 0o600 });
      }
      await delay(luck.below(RESTART_MS, `${name} restart ${start}`), undefined, { signal: halt });
    }
  };

  const halted = async (dropletId: number): Promise<void> => {
    const life = lives.get(dropletId);
    life?.halt.abort();
    await life?.ended;
    lives.delete(dropletId);
  };

  return {
    take: (event: MachineEvent): void => {
      if (event.event === 'halt') return void halted(event.droplet_id);
      if (lives.has(event.droplet_id) || lives.size >= manners.count) return;
      const config = configOf(event);
      if (!config) return;
      const halt = new AbortController();
      const ended = callingFrom(event.address, () => live(event, config, halt.signal).catch(() => undefined));
      lives.set(event.droplet_id, { halt, ended });
    },
    figures: () => ({ agents: lives.size, joined, connected, restarts }),
    stop: async (): Promise<void> => {
      await Promise.all([...lives.keys()].map(halted));
    },
  };
};
