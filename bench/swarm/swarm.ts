/**
 * Many agents in one process, with the agent's own enrolment, connection, protocol, journal and signatures: one for each
 * droplet that booted, or one for each identity of a fleet. Each has a state folder as on a machine of its own, so a
 * swarm that starts again goes on with the identities that it has.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentConfig, describe, installIdentity, runAgent, type EnrolledAgent, type Log, type Machine } from '@citrus/agent/embedding';
import { callingFrom } from './addresses.ts';
import { createCensus } from './census.ts';
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
/** A machine that an agent lives on. */
type Place = { readonly name: string; readonly address: string; readonly config: AgentConfig; /** As when its first boot runs again. */ readonly bootAgain?: () => void };

const CRASH_WITHIN_MS = 3000;
const RESTART_MS = 1000;

/** Ends `life` anywhere within the limit, as a crash would: the agent is not asked. */
const endsWithin = (life: AbortController, limitMs: number): void => {
  setTimeout(() => life.abort(), limitMs).unref();
};

export const createSwarm = ({ dir, manners, luck, machineOf, log }: SwarmInput) => {
  const lives = new Map<string, { readonly halt: AbortController; readonly ended: Promise<void> }>();
  const census = createCensus();

  const configIn = (folder: string, hubUrl: string, address: string): AgentConfig => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return AgentConfig.parse({ hubUrl, tokenFile: join(folder, 'enrolment-token'), stateDir: join(folder, 'state'), logDir: join(folder, 'log'), prefix: folder, serverAddress: address, reconnectWindowMs: manners.reconnectWindowMs });
  };

  const placeOf = ({ droplet_id: id, name, address, user_data: userData }: Boot): Place | undefined => {
    const first = readFirstBoot(userData);
    if (!first) return undefined;
    const config = configIn(join(dir, String(id)), first.hubUrl, address);
    // As cloud-init: once. Later boots have the identity.
    const bringToken = () => writeFileSync(config.tokenFile, `${first.token}\n`, { mode: 0o600 });
    bringToken();
    const bootAgain = () => {
      rmSync(join(config.stateDir, 'keys', 'identity.json'), { force: true });
      bringToken();
    };
    return { name, address, config, bootAgain };
  };

  /** Until the machine halts; systemd starts an agent again that ended. */
  const live = async ({ name, config, bootAgain }: Place, halt: AbortSignal): Promise<void> => {
    const machine = machineOf(name);
    await delay(luck.below(manners.startWithinMs, `${name} start`), undefined, { signal: halt });
    for (let start = 1; !halt.aborted; start += 1) {
      const crash = new AbortController();
      if (start === 1 && luck.strikes(manners.crash, `${name} crash`)) endsWithin(crash, luck.below(CRASH_WITHIN_MS, `${name} crash`));
      const told = census.counting(log(name));
      try {
        const ended = await runAgent(config, told.log, AbortSignal.any([halt, crash.signal]), machine);
        if (ended) throw ended;
      } catch (error) {
        told.log.error('agent.failed', { reason: describe(error) });
      }
      told.over();
      if (halt.aborted) return;
      census.restarted();
      if (start === 1 && bootAgain && luck.strikes(manners.duplicates, `${name} twice`)) bootAgain();
      await delay(luck.below(RESTART_MS, `${name} restart ${start}`), undefined, { signal: halt });
    }
  };

  const begin = (id: string, place: Place): void => {
    const halt = new AbortController();
    const ended = callingFrom(place.address, () => live(place, halt.signal).catch(() => undefined));
    lives.set(id, { halt, ended });
  };

  const halted = async (id: string): Promise<void> => {
    const life = lives.get(id);
    life?.halt.abort();
    await life?.ended;
    lives.delete(id);
  };

  return {
    /** News of a cloud's machines. */
    take: (event: MachineEvent): void => {
      const id = String(event.droplet_id);
      if (event.event === 'halt') return void halted(id);
      if (lives.has(id) || lives.size >= manners.count) return;
      const place = placeOf(event);
      if (place) begin(id, place);
    },
    /** An agent that was enrolled elsewhere. */
    add: (enrolled: EnrolledAgent, { hubUrl, address }: { readonly hubUrl: string; readonly address: string }): void => {
      const id = enrolled.welcome.agentId;
      const config = configIn(join(dir, id), hubUrl, address);
      installIdentity(config.stateDir, enrolled);
      begin(id, { name: id, address, config });
    },
    figures: () => ({ agents: lives.size, ...census.figures() }),
    stop: async (): Promise<void> => {
      await Promise.all([...lives.keys()].map(halted));
    },
  };
};
