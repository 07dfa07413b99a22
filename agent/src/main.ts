/** `node agent.mjs [config.json]`. Ends with 0 when told to stop and with 1 otherwise; systemd starts it again. */
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { runAgent } from './agent.ts';
import { readConfig } from './config.ts';
import { describe, openLog } from './log.ts';

const fail = (error: unknown): never => {
  process.stderr.write(`citrus-agent: ${describe(error)}\n`);
  process.exit(1);
};

/** Compiled code is written down for the next start, which is then faster and smaller; not at the end, which may be a crash. */
const KEEP_COMPILED_AFTER_MS = 10_000;

const main = async (): Promise<void> => {
  const config = readConfig(process.argv[2] ?? process.env['CITRUS_AGENT_CONFIG'] ?? '/etc/citrus-agent/config.json');
  const log = openLog(join(config.logDir, 'agent.log'));
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stopping.abort());
  process.on('unhandledRejection', (error) => {
    log.error('agent.bug', { reason: describe(error) });
    fail(error);
  });
  setTimeout(flushCompileCache, KEEP_COMPILED_AFTER_MS).unref();
  try {
    const ended = await runAgent(config, log, stopping.signal);
    if (ended) throw ended;
    log.info('agent.stopped');
    process.exit(0);
  } catch (error) {
    log.error('agent.failed', { reason: describe(error) });
    fail(error);
  }
};

await main().catch(fail);
