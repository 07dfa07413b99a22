import { join, resolve } from 'node:path';
import { type AddressInfo } from 'node:net';
import { pino, type Logger } from 'pino';
import { createApi } from './api/app.ts';
import { type RateLimits } from './api/rate-limit.ts';
import { Tokens } from './api/tokens.ts';
import { Cloud, type Timing } from './cloud/cloud.ts';
import { Weather } from './cloud/faults.ts';
import { Lives } from './cloud/lives.ts';
import { Store } from './cloud/store.ts';
import { chooseDriver, type DriverName } from './driver/choose-driver.ts';
import { type Driver } from './driver/driver.port.ts';
import { lockFolder } from './folder-lock.ts';
import { type presetNames, presets } from './presets.ts';

/**
 * A DigitalOcean v2 cloud on this computer whose droplets really run. It is for development and tests: it refuses to be
 * kinder than the real service (no idempotent creates, asynchronous everything, limits, lags and faults on request).
 */
export type LocalCloudOptions = {
  dir: string;
  /** One a line, with scopes after it where it may not do everything. */
  token: string;
  /** The same as a file, read again when it changes. */
  tokenFile?: string;
  /** 0: any free one. */
  port?: number;
  driver?: DriverName;
  forwardPorts?: readonly number[];
  faultsFile?: string;
  base?: string;
  dockerImage?: string;
  limits?: Partial<RateLimits & { droplets: number }>;
  timing?: Partial<Timing>;
  /** What is not said above. */
  preset?: (typeof presetNames)[number];
  /** State is written now and then instead of before every answer. */
  lazy?: boolean;
  /** Holds requests and answers against the official document: `GET /local/conformance`. */
  recordConformance?: boolean;
  logger?: Logger;
};

export type LocalCloud = {
  url: string;
  driver: Driver;
  /** Orderly end: droplets are shut down, and come back with their disks at the next start. */
  stop(): Promise<void>;
  /** Ends as a killed process would: droplets go on running without their cloud. */
  abandon(): Promise<void>;
};

export const startLocalCloud = async (options: LocalCloudOptions): Promise<LocalCloud> => {
  const logger = options.logger ?? pino({ level: 'silent' });
  const dir = resolve(options.dir);
  const unlock = await lockFolder(dir);
  try {
    const lazy = options.lazy ?? presets[options.preset ?? 'usual'].lazy;
    return await start(options, new Store(dir, { lazy }), unlock, logger);
  } catch (error) {
    await unlock();
    throw error;
  }
};

const start = async (options: LocalCloudOptions, store: Store, unlock: () => Promise<void>, logger: Logger): Promise<LocalCloud> => {
  const dir = resolve(options.dir);
  await store.flush();
  const preset = presets[options.preset ?? 'usual'];
  const notes: string[] = [];
  const existing = store.state.droplets.length > 0 ? store.state.network?.driver : undefined;
  const { driver, claim } = await chooseDriver(options.driver ?? preset.driver, existing, {
    cloudId: store.state.accountUuid,
    dir,
    dropletsDir: join(dir, 'droplets'),
    remembered: store.state.network,
    forwardPorts: options.forwardPorts ?? [],
    log: (message) => {
      notes.push(message);
      logger.warn(message);
    },
    ...(options.base === undefined ? {} : { base: options.base }),
    ...(options.dockerImage === undefined ? {} : { dockerImage: options.dockerImage }),
  });
  store.state.network = claim;
  await store.flush();

  const weather = new Weather(options.faultsFile, (message) => logger.warn(message));
  const timing = { ...preset.timing, ...options.timing };
  const cloud = new Cloud({ store, driver, weather, timing, dir });
  const machines = () => store.state.droplets.map((droplet) => cloud.machineOf(droplet));
  const lives = new Lives(cloud, logger);
  const limits = { ...preset.limits, ...options.limits };
  const recorder = options.recordConformance ? new (await import('./conformance/recorder.ts')).Recorder(dir) : undefined;
  const api = createApi({ ...(recorder ? { recorder } : {}), cloud, lives, logger, tokens: new Tokens({ text: options.token, file: options.tokenFile }), limits, info: { notes, forwardPorts: options.forwardPorts ?? [] } });

  try {
    await cloud.snapshots.sweep();
    await driver.sweep(machines(), cloud.snapshots.folders());
    await api.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  } catch (error) {
    await driver.abandon();
    throw error;
  }
  lives.resume();
  const { port } = api.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  logger.info({ url, driver: driver.info.driver, droplets: store.state.droplets.length }, 'the local cloud is open');

  let ending: Promise<void> | undefined;
  const end = (last: () => Promise<void>): Promise<void> => (ending ??= endOnce(last));
  const endOnce = async (last: () => Promise<void>) => {
    driver.feed?.close();
    await api.close();
    await lives.stop();
    await last();
    await store.flush();
    await unlock();
  };
  return { url, driver, stop: () => end(() => driver.stop(machines())), abandon: () => end(() => driver.abandon()) };
};
