/**
 * `citrus-swarm`: joins an agent to every droplet of a local cloud without machines, as cloud-init would have.
 *
 *   node bench/dist/swarm/main.js --cloud http://127.0.0.1:8990 --token-file ./cloud.token --dir ./swarm [--seed 7] [--count 1000]
 *     [--start-within-ms 500] [--crash 0.1] [--duplicates 0.1] [--failure 0.05] [--slowness-ms 2000]
 *     [--reconnect-window-ms 30000] [--verbose]
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describe, type Log } from '@citrus/agent/dist/src/log.js';
import { z } from 'zod';
import { luckOf } from './luck.ts';
import { machineNews } from './machine-news.ts';
import { createScriptedMachines } from './scripted-machine.ts';
import { createSwarm } from './swarm.ts';

const share = z.coerce.number().min(0).max(1).default(0);
const milliseconds = z.coerce.number().int().min(0).default(0);
const Options = z.object({
  cloud: z.url({ error: 'where the local cloud answers, http://127.0.0.1:…' }),
  'token-file': z.string({ error: 'the file with the API token of the local cloud' }),
  dir: z.string({ error: 'the folder where identities are kept' }),
  seed: z.coerce.number().int().default(1),
  count: z.coerce.number().int().min(1).default(100_000),
  'start-within-ms': milliseconds, 'slowness-ms': milliseconds,
  'reconnect-window-ms': z.coerce.number().int().min(100).default(30_000),
  crash: share, duplicates: share, failure: share,
  verbose: z.boolean().default(false),
});

const readOptions = (): z.infer<typeof Options> => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { cloud: text, 'token-file': text, dir: text, seed: text, count: text, 'start-within-ms': text, 'slowness-ms': text, 'reconnect-window-ms': text, crash: text, duplicates: text, failure: text, verbose: { type: 'boolean' } },
  });
  const parsed = Options.safeParse(values);
  if (parsed.success) return parsed.data;
  process.stderr.write(`citrus-swarm: ${z.prettifyError(parsed.error)}\n`);
  process.exit(2);
};

const say = (fields: object): void => void process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...fields })}\n`);

const main = async (): Promise<void> => {
  const options = readOptions();
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stopping.abort());
  process.on('unhandledRejection', (error) => {
    say({ event: 'swarm.bug', reason: describe(error) });
    process.exitCode = 1;
  });
  const luck = luckOf(options.seed);
  const logOf = (agent: string): Log => {
    const write = (event: string, fields = {}) => say({ agent, event, ...fields });
    return { info: options.verbose ? write : () => undefined, warn: write, error: write };
  };
  const swarm = createSwarm({
    dir: resolve(options.dir), luck, log: logOf, machineOf: createScriptedMachines({ failure: options.failure, slownessMs: options['slowness-ms'] }, luck),
    manners: { count: options.count, startWithinMs: options['start-within-ms'], reconnectWindowMs: options['reconnect-window-ms'], crash: options.crash, duplicates: options.duplicates },
  });
  const telling = setInterval(() => say({ event: 'swarm.figures', ...swarm.figures() }), 5000);
  const token = readFileSync(options['token-file'], 'utf8').trim();
  say({ event: 'swarm.following', cloud: options.cloud, seed: options.seed });
  for await (const event of machineNews({ url: options.cloud, token, signal: stopping.signal }, (error) => say({ event: 'swarm.cloud_away', reason: describe(error) }))) swarm.take(event);
  clearInterval(telling);
  await swarm.stop();
  say({ event: 'swarm.stopped', ...swarm.figures() });
  process.exit();
};

await main();
