/** `main.ts` of a service is one call of this: it starts, obeys signals and ends the process with an honest exit code. */
import type { ServiceConfig } from './config.ts';
import { StartRefused } from './parse-config.ts';
import { startService, type RunningService, type ServiceDefinition } from './start-service.ts';

const GRACE_MS = 20_000;

const stopGracefully = async (running: RunningService): Promise<number> => {
  const tooLate = setTimeout(() => process.exit(1), GRACE_MS);
  await running.stop();
  clearTimeout(tooLate);
  return 0;
};

const run = async <Config extends ServiceConfig>(definition: ServiceDefinition<Config>): Promise<number> => {
  const stopping = new AbortController();
  const asked = new Promise<'asked'>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        stopping.abort();
        resolve('asked');
      });
    }
  });
  try {
    const running = await Promise.race([asked, startService(definition, { env: process.env, signal: stopping.signal })]);
    if (running === 'asked') return 0;
    // The client reconnects for ever; if it gave up all the same, only a new process can help.
    const lost = running.nats.closed().then(() => 'lost' as const);
    if ((await Promise.race([asked, lost])) === 'asked') return await stopGracefully(running);
    process.stderr.write(`${definition.service}: the NATS connection is closed for good; ending so that the supervisor starts me again\n`);
    return 1;
  } catch (error) {
    const told = error instanceof StartRefused ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${definition.service} cannot start. ${told}\n`);
    return 1;
  }
};

export const runService = async <Config extends ServiceConfig>(definition: ServiceDefinition<Config>): Promise<never> => process.exit(await run(definition));
