/** A real nats-server as a child process. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brokerEnvironment } from './broker-environment.ts';
import { freePort } from './free-port.ts';
import { ensureNatsServer } from './nats-binary.ts';
import { isListening, run, waitUntil, type Running } from './process.ts';
import { scratchDir } from './scratch.ts';

export type EmbeddedNats = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly configFile: string;
  stop(): Promise<void>;
  /** As a crash would: no good-bye. */
  kill(): Promise<void>;
  /** Again with the same configuration, port and JetStream directory. */
  restart(): Promise<void>;
};

/**
 * Starts a nats-server with JetStream on loopback.
 * @param options.config a complete configuration for the given port; by default JetStream without authentication
 * @param options.binary a certain nats-server; by default the one that is found
 * @param options.dir keeps JetStream's files; by default a temporary directory that `stop` removes
 * @param options.inMemory has that directory in memory, where there is room
 */
export const startNats = async (options: { config?: (place: { port: number; dir: string }) => string; dir?: string; port?: number; binary?: string; inMemory?: boolean } = {}): Promise<EmbeddedNats> => {
  const binary = options.binary ?? (await ensureNatsServer());
  const dir = options.dir ?? (await scratchDir('citrus-nats-', options));
  const port = options.port ?? (await freePort());
  const plain = () => `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${dir}/jetstream" }\n`;
  const configFile = join(dir, 'nats-server.conf');
  await writeFile(configFile, (options.config ?? plain)({ port, dir }), { mode: 0o600 });
  let running: Running;
  const launch = async () => {
    running = run({ command: binary, args: ['-c', configFile], env: brokerEnvironment() });
    await waitUntil('nats-server', () => isListening(port), { timeoutMs: 20_000, running });
  };
  await launch();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    configFile,
    get pid() {
      return running.pid;
    },
    kill: () => running.stop('SIGKILL'),
    restart: async () => {
      await running.stop();
      await launch();
    },
    stop: async () => {
      await running.stop();
      if (!options.dir) await rm(dir, { recursive: true, force: true });
    },
  };
};
