/**
 * `citrus-swarm`: thousands of agents in one process. Either joins one to every droplet of a local cloud without
 * machines, as cloud-init would have, or lets the agents of a file of identities come back.
 *
 *   node bench/dist/swarm/main.js --cloud http://127.0.0.1:8990 --token-file ./cloud.token --dir ./swarm
 *   node bench/dist/swarm/main.js --identities ./fleet.jsonl --hub http://127.0.0.1:8080 --dir ./swarm [--from 0]
 *     [--seed 7] [--count 1000] [--start-within-ms 500] [--crash 0.1] [--duplicates 0.1] [--failure 0.05] [--slowness-ms 2000]
 *     [--reconnect-window-ms 30000] [--figures-every-ms 5000] [--verbose]
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { once } from 'node:events';
import { describe, type Log } from '@citrus/agent/embedding';
import { z } from 'zod';
import { readFleet } from './fleet-file.ts';
import { luckOf } from './luck.ts';
import { machineNews } from './machine-news.ts';
import { createScriptedMachines } from './scripted-machine.ts';
import { createSwarm } from './swarm.ts';

const share = z.coerce.number().min(0).max(1).default(0);
const milliseconds = z.coerce.number().int().min(0).default(0);
const Common = {
  dir: z.string({ error: 'the folder where identities are kept' }),
  seed: z.coerce.number().int().default(1),
  count: z.coerce.number().int().min(1).default(100_000),
  'start-within-ms': milliseconds, 'slowness-ms': milliseconds,
  'reconnect-window-ms': z.coerce.number().int().min(100).default(30_000),
  crash: share, duplicates: share, failure: share,
  'figures-every-ms': z.coerce.number().int().min(100).default(5000),
  verbose: z.boolean().default(false),
};
const OfCloud = z.strictObject({
  ...Common,
  cloud: z.url({ error: 'where the local cloud answers, http://127.0.0.1:…' }),
  'token-file': z.string({ error: 'the file with the API token of the local cloud' }),
});
const OfFleet = z.strictObject({
  ...Common,
  identities: z.string({ error: 'the file of identities' }),
  hub: z.url({ error: 'where the hub answers, http://127.0.0.1:…' }),
  /** Leaves out so many lines of the file, which are another process's. */
  from: z.coerce.number().int().min(0).default(0),
});
type Options = z.infer<typeof OfCloud> | z.infer<typeof OfFleet>;

const TEXTS = ['cloud', 'token-file', 'identities', 'hub', 'from', 'dir', 'seed', 'count', 'start-within-ms', 'slowness-ms', 'reconnect-window-ms', 'figures-every-ms', 'crash', 'duplicates', 'failure'];

const readOptions = (): Options => {
  const { values } = parseArgs({ options: { ...Object.fromEntries(TEXTS.map((name) => [name, { type: 'string' as const }])), verbose: { type: 'boolean' } } });
  const parsed = 'identities' in values ? OfFleet.safeParse(values) : OfCloud.safeParse(values);
  if (parsed.success) return parsed.data;
  process.stderr.write(`citrus-swarm: ${z.prettifyError(parsed.error)}\n`);
  process.exit(2);
};

/** One of its own in 10.64.0.0/10, as on servers. */
const addressOf = (index: number): string => `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;

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
  const telling = setInterval(() => say({ event: 'swarm.figures', ...swarm.figures() }), options['figures-every-ms']);
  if ('cloud' in options) {
    const token = readFileSync(options['token-file'], 'utf8').trim();
    say({ event: 'swarm.following', cloud: options.cloud, seed: options.seed });
    for await (const event of machineNews({ url: options.cloud, token, signal: stopping.signal }, (error) => say({ event: 'swarm.cloud_away', reason: describe(error) }))) swarm.take(event);
  } else {
    for (const [index, enrolled] of readFleet(options.identities, options).entries()) swarm.add(enrolled, { hubUrl: options.hub, address: addressOf(options.from + index) });
    say({ event: 'swarm.started', ...swarm.figures(), seed: options.seed });
    if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
  }
  clearInterval(telling);
  await swarm.stop();
  say({ event: 'swarm.stopped', ...swarm.figures() });
  process.exit();
};

await main();
