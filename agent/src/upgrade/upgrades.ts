/**
 * An upgrade, from the signed command to the new program's first minutes. The old program stages the new one, waits
 * until no job runs, names it for a trial and ends; `launch.sh` starts the new one and decides whether it stays. What
 * either must not forget is on disk before it matters (docs/adr/0033).
 */
import { compareVersions, reportUpgradeFinished, subjects, type AgentId, type AgentUpgrade, type CommandReply } from '@citrus/contracts';
import { fullJitter, waited } from '../backoff.ts';
import type { AgentConfig } from '../config.ts';
import { RequestRefused, type Connection } from '../connection.ts';
import { AGENT_VERSION } from '../facts.ts';
import { HubRefusal } from '../hub.ts';
import type { Jobs } from '../jobs.ts';
import { describe, type Log } from '../log.ts';
import { openEndings, type UpgradeEnding } from './endings.ts';
import { UpgradeFault } from './fault.ts';
import { currentOf, folderOf, OWN_LAYOUT, runtimeFor, type Layout } from './layout.ts';
import { pruneVersions } from './prune.ts';
import { beginTrial, confirmTrial, endTrial, forgetReverted, makeCurrent, readReverted, readTrial, type Trial } from './trial.ts';

export type UpgradesInput = { readonly config: Pick<AgentConfig, 'hubUrl' | 'stateDir'>; readonly agentId: AgentId; readonly jobs: Pick<Jobs, 'hold'>; readonly log: Log; readonly signal: AbortSignal; readonly layout?: Layout };

export type Upgrades = {
  readonly accept: (command: AgentUpgrade) => CommandReply;
  /** The control plane has answered: what a new version is asked to reach. */
  readonly helloAnswered: () => void;
  /** This program has to end, so that the new one can begin. */
  readonly handover: Promise<undefined>;
  /** Tells how upgrades ended until `signal`. */
  readonly tell: (connection: Pick<Connection, 'ask'>) => Promise<void>;
};

const BACKOFF = { firstMs: 1_000, maxMs: 30_000 };
const LOOK_AGAIN_MS = 60_000;
const now = () => new Date().toISOString();
const refuse = (code: string, reason: string): CommandReply => ({ outcome: 'refused', code, reason });

/** @throws UpgradeFault if this agent cannot become that build. */
const targetOf = ({ build, allowDowngrade }: AgentUpgrade, layout: Layout | undefined): { layout: Layout; folder: string; runtimeDigest: string } => {
  if (!layout) throw new UpgradeFault('upgrade.unsupported', 'this agent was installed before agents could be upgraded; run the installation once again on the machine, it keeps its identity');
  const runtime = runtimeFor(build);
  if (!runtime) throw new UpgradeFault('upgrade.no_runtime', `the hub has no runtime for ${process.arch}`);
  if (compareVersions(build.version, AGENT_VERSION) < 0 && !allowDowngrade) throw new UpgradeFault('upgrade.downgrade', `${build.version} is older than ${AGENT_VERSION}, which runs; a downgrade has to be asked for`);
  return { layout, folder: folderOf(build.agentDigest, runtime.digest), runtimeDigest: runtime.digest };
};

/** Whoever starts the agent again would start a second one beside an orphan. */
const endWithLauncher = (end: (nothing: undefined) => void): void => {
  const launcher = process.ppid;
  setInterval(() => process.ppid !== launcher && end(undefined), 1_000).unref();
};

/** Passing failures until the deadline; a no is a no. */
const staged = async (attempt: () => Promise<void>, { signal, until, log }: { signal: AbortSignal; until: number; log: Log }): Promise<void> => {
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof UpgradeFault) throw error;
      if (error instanceof HubRefusal) throw new UpgradeFault('upgrade.not_there', describe(error), { cause: error });
      if (Date.now() > until) throw new UpgradeFault('upgrade.unreachable', describe(error), { cause: error });
      log.warn('upgrade.not_fetched', { reason: describe(error) });
      await waited(fullJitter(tries, BACKOFF), signal);
    }
  }
};

export const openUpgrades = ({ config, agentId, jobs, log, signal, layout = OWN_LAYOUT }: UpgradesInput): Upgrades => {
  const endings = openEndings(config.stateDir);
  const handover = Promise.withResolvers<undefined>();
  let alarm = new AbortController();
  let busyWith: string | undefined;
  let trial: Trial | undefined;

  const end = (upgradeId: string, outcome: { outcome: 'upgraded' | 'failed' | 'reverted'; code?: string; reason?: string }): void => {
    endings.put({ upgradeId, ...outcome, ...(outcome.reason !== undefined && { reason: outcome.reason.slice(0, 1024) }), at: now(), isTold: false });
    log[outcome.outcome === 'upgraded' ? 'info' : 'error'](`upgrade.${outcome.outcome}`, { upgradeId, ...outcome });
    alarm.abort();
  };

  /** The new version has gone on for long enough: it stays. */
  const settle = (own: Layout, { upgradeId }: Trial): void => {
    const before = currentOf(own);
    makeCurrent(own);
    end(upgradeId, { outcome: 'upgraded' });
    endTrial(own);
    trial = undefined;
    pruneVersions(own, [own.running, before]);
  };

  const resume = (own: Layout): void => {
    const reverted = readReverted(own);
    if (reverted) {
      if (!endings.find(reverted.upgradeId)) end(reverted.upgradeId, { outcome: 'reverted', code: 'upgrade.reverted', reason: reverted.reason });
      forgetReverted(own);
    }
    const named = readTrial(own);
    if (named?.folder !== own.running) return;
    trial = named;
    // The power went after it was decided that this version stays.
    if (currentOf(own) === own.running) settle(own, named);
    else {
      log.info('upgrade.on_trial', { upgradeId: named.upgradeId });
      endWithLauncher(handover.resolve);
    }
  };

  const run = async (command: AgentUpgrade): Promise<void> => {
    const target = targetOf(command, layout);
    if (target.folder === target.layout.running) return end(command.upgradeId, { outcome: 'upgraded' });
    const until = Date.parse(command.deadline);
    // Seldom needed, and streams and gzip are a part of the agent's memory.
    const { stage } = await import('./stage.ts');
    await staged(() => stage({ ...target, hubUrl: config.hubUrl, signal }), { signal, until, log });
    const held = jobs.hold();
    const isIdle = await Promise.race([held.idle.then(() => true), waited(Math.max(0, until - Date.now()), signal).then(() => false)]);
    if (!isIdle || signal.aborted) {
      held.release();
      if (!signal.aborted) throw new UpgradeFault('upgrade.busy', 'a job ran all the time that the upgrade had');
      return;
    }
    log.info('upgrade.begins', { upgradeId: command.upgradeId, version: command.build.version });
    beginTrial(target.layout, target.folder, command);
    handover.resolve(undefined);
  };

  const accept: Upgrades['accept'] = (command) => {
    const { upgradeId } = command;
    if (endings.find(upgradeId)) {
      // Asked for again although it has ended: tell again how.
      endings.mark(upgradeId, false);
      alarm.abort();
      return { outcome: 'accepted' };
    }
    const other = trial?.upgradeId ?? busyWith;
    if (other !== undefined) return other === upgradeId ? { outcome: 'accepted' } : refuse('upgrade.under_way', 'another upgrade of this agent is under way');
    busyWith = upgradeId;
    void run(command)
      .catch((error: unknown) => end(upgradeId, { outcome: 'failed', code: error instanceof UpgradeFault ? error.code : 'upgrade.failed', reason: describe(error) }))
      .finally(() => (busyWith = undefined));
    return { outcome: 'accepted' };
  };

  const settleLater = async (own: Layout, named: Trial): Promise<void> => {
    const isOver = await waited(named.settleAfterSeconds * 1000, signal);
    busyWith = undefined;
    if (isOver) settle(own, named);
  };

  const helloAnswered = (): void => {
    if (!layout || !trial || busyWith === trial.upgradeId) return;
    const named = trial;
    busyWith = named.upgradeId;
    confirmTrial(layout);
    void settleLater(layout, named);
  };

  const tellOne = async (connection: Pick<Connection, 'ask'>, { upgradeId, outcome, code, reason, at }: UpgradeEnding): Promise<void> => {
    const ending = { upgradeId, outcome, ...(code !== undefined && { code }), ...(reason !== undefined && { reason }), at };
    try {
      await connection.ask(subjects.agent.report(agentId, 'upgrade-finished'), { agentId, ...ending, sentAt: now() }, reportUpgradeFinished.reply);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      log.error('report.refused', { report: 'upgrade-finished', ...ending, reason: describe(error) });
    }
    endings.mark(ending.upgradeId, true);
  };

  const tell: Upgrades['tell'] = async (connection) => {
    for (let tries = 0; !signal.aborted; ) {
      let waitMs = LOOK_AGAIN_MS;
      alarm = new AbortController();
      try {
        for (const ending of endings.untold()) await tellOne(connection, ending);
        tries = 0;
      } catch (error) {
        waitMs = fullJitter(tries, BACKOFF);
        tries += 1;
        log.warn('report.not_answered', { report: 'upgrade-finished', reason: describe(error), nextTryInMs: Math.round(waitMs) });
      }
      await waited(waitMs, AbortSignal.any([signal, alarm.signal]));
    }
  };

  if (layout) resume(layout);
  return { accept, helloAnswered, handover: handover.promise, tell };
};
