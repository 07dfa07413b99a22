import { setTimeout as wait } from 'node:timers/promises';
import { type Logger } from 'pino';
import { type Cloud } from './cloud.ts';
import { loadImage, perform } from './power.ts';
import { type Action, type Droplet } from './state.ts';

/**
 * What happens to droplets over time: new → active, actions, deletion. One step at a time for each droplet, each
 * derived from the state alone, so that a restarted cloud resumes every one of them where it stood.
 */
export class Lives {
  readonly #cloud: Cloud;
  readonly #logger: Logger;
  readonly #lives = new Map<number, { tail: Promise<void>; ended: AbortController }>();
  readonly #stopped = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(cloud: Cloud, logger: Logger) {
    this.#cloud = cloud;
    this.#logger = logger;
  }

  /** Resumes every droplet of the state, then watches the running ones. */
  resume(): void {
    for (const droplet of this.#cloud.state.droplets) {
      const pending = this.#cloud.pendingActions(droplet.id);
      if (droplet.status === 'active') this.#then(droplet, () => this.#boot(droplet));
      if (droplet.deleteAt !== undefined) this.remove(droplet);
      else for (const action of pending) this.begin(droplet, action);
    }
    if (this.#cloud.driver.stopsByItself) this.#watching = this.#watch();
  }

  begin(droplet: Droplet, action: Action): void {
    this.#then(droplet, (signal) => (action.type === 'create' ? this.#bringUp(droplet, action, signal) : this.#act(droplet, action, signal)));
  }

  remove(droplet: Droplet): void {
    this.#lifeOf(droplet).ended.abort();
    this.#lives.set(droplet.id, { tail: this.#lifeOf(droplet).tail, ended: new AbortController() });
    this.#then(droplet, (signal) => this.#end(droplet, signal));
  }

  /** Lets the running steps finish; those that wait are given up (and resumed at the next start). */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#watching, ...[...this.#lives.values()].map((life) => life.tail)]);
  }

  #lifeOf(droplet: Droplet) {
    const life = this.#lives.get(droplet.id) ?? { tail: Promise.resolve(), ended: new AbortController() };
    this.#lives.set(droplet.id, life);
    return life;
  }

  #then(droplet: Droplet, step: (signal: AbortSignal) => Promise<void>): void {
    const life = this.#lifeOf(droplet);
    const signal = AbortSignal.any([this.#stopped.signal, life.ended.signal]);
    const run = async () => {
      if (signal.aborted) return;
      try {
        await step(signal);
      } catch (error) {
        if (!signal.aborted) this.#logger.error({ droplet: droplet.id, err: error }, 'a step of a droplet failed');
      }
    };
    life.tail = life.tail.then(run);
  }

  async #bringUp(droplet: Droplet, action: Action, signal: AbortSignal): Promise<void> {
    const cloud = this.#cloud;
    await until(droplet.activeAt, signal);
    if (droplet.fate === 'never-active') return;
    if (droplet.fate === 'vanishes' || droplet.fate === 'fails') return this.#lose(droplet, action);
    try {
      if (droplet.fate !== 'never-boots') await this.#firstBoot(droplet);
    } catch (error) {
      this.#logger.error({ droplet: droplet.id, err: error }, 'the droplet could not be started');
      return this.#lose(droplet, action);
    }
    droplet.status = 'active';
    droplet.networkFrom = Date.now() + cloud.weather.faults.networkLagMs;
    cloud.end(action, 'completed');
    await cloud.save();
  }

  /** What was interrupted by a restart finds the machine running, or begins once more. */
  async #firstBoot(droplet: Droplet): Promise<void> {
    const machine = this.#cloud.machineOf(droplet);
    if (!(await this.#cloud.driver.isRunning(machine))) await loadImage(this.#cloud, droplet);
    await this.#cloud.driver.boot(machine);
  }

  /** As on the real service: an accepted droplet that could not be placed disappears, its action is errored. */
  async #lose(droplet: Droplet, action: Action): Promise<void> {
    this.#cloud.end(action, 'errored');
    await this.#forget(droplet);
  }

  async #act(droplet: Droplet, action: Action, signal: AbortSignal): Promise<void> {
    // from now on, not from its order: the answer to that is never that it has ended already
    await wait(action.takesMs ?? this.#cloud.timing.actionTakesMs, undefined, { signal });
    try {
      if (action.willFail) throw new Error('a fault was ordered for it');
      await perform(this.#cloud, droplet, action);
      this.#cloud.end(action, 'completed');
    } catch (error) {
      this.#logger.error({ droplet: droplet.id, action: action.type, err: error }, 'an action failed');
      this.#cloud.end(action, 'errored');
    }
    await this.#cloud.save();
  }

  /** Tries again until nothing of the machine is left: a droplet that is not gone is still listed. */
  async #end(droplet: Droplet, signal: AbortSignal): Promise<void> {
    await until(droplet.deleteAt ?? 0, signal);
    for (;;) {
      try {
        await this.#forget(droplet);
        return;
      } catch (error) {
        this.#logger.error({ droplet: droplet.id, err: error }, 'a droplet could not be removed; trying again');
        await wait(1000, undefined, { signal });
      }
    }
  }

  async #forget(droplet: Droplet): Promise<void> {
    await this.#cloud.driver.destroy(this.#cloud.machineOf(droplet));
    this.#cloud.forget(droplet);
    await this.#cloud.save();
    this.#lives.delete(droplet.id);
  }

  async #boot(droplet: Droplet): Promise<void> {
    if (droplet.fate !== 'never-boots') await this.#cloud.driver.boot(this.#cloud.machineOf(droplet));
  }

  /** Notices machines that stopped by themselves (`poweroff` inside, a crash). */
  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      for (const droplet of this.#cloud.state.droplets) {
        const idle = droplet.status === 'active' && droplet.fate === 'lives' && droplet.deleteAt === undefined && !this.#cloud.pendingAction(droplet);
        if (idle) this.#then(droplet, () => this.#checkPower(droplet));
      }
      await wait(1000, undefined, { signal, ref: false }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  async #checkPower(droplet: Droplet): Promise<void> {
    const machine = this.#cloud.machineOf(droplet);
    if (droplet.status !== 'active' || (await this.#cloud.driver.isRunning(machine))) return;
    if (await this.#cloud.driver.wantsReboot(machine)) return this.#boot(droplet);
    droplet.status = 'off';
    await this.#cloud.save();
  }
}

const until = async (time: number, signal: AbortSignal) => {
  const ms = time - Date.now();
  if (ms > 0) await wait(Math.min(ms, 2 ** 31 - 1), undefined, { signal, ref: false });
};
