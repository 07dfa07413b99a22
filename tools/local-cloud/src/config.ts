import { readFileSync } from 'node:fs';
import { z } from 'zod';

const milliseconds = (preset: number) => z.coerce.number().int().min(0).default(preset);
const forwardPorts = z.string().default('').transform((text) => text.split(',').filter(Boolean).map(Number))
  .pipe(z.array(z.int().min(1).max(65_535)));

/** The environment of the program, parsed once. */
const Environment = z.object({
  LOCAL_CLOUD_PORT: z.coerce.number().int().min(0).max(65_535),
  LOCAL_CLOUD_TOKEN_FILE: z.string().min(1),
  LOCAL_CLOUD_DIR: z.string().min(1),
  LOCAL_CLOUD_DRIVER: z.enum(['auto', 'namespace', 'process']).default('auto'),
  LOCAL_CLOUD_FORWARD_PORTS: forwardPorts,
  LOCAL_CLOUD_FAULTS: z.string().optional(),
  LOCAL_CLOUD_BASE: z.string().optional(),
  LOCAL_CLOUD_DROPLET_LIMIT: z.coerce.number().int().min(1).default(25),
  LOCAL_CLOUD_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).default(250),
  LOCAL_CLOUD_REQUESTS_PER_HOUR: z.coerce.number().int().min(1).default(5000),
  LOCAL_CLOUD_ACTIVE_AFTER_MS: milliseconds(1000),
  LOCAL_CLOUD_ACTION_TAKES_MS: milliseconds(300),
  LOCAL_CLOUD_DELETE_TAKES_MS: milliseconds(500),
  LOCAL_CLOUD_LOG_LEVEL: z.string().default('info'),
});

export const readEnvironment = (env: NodeJS.ProcessEnv) => {
  const parsed = Environment.safeParse(env);
  if (!parsed.success) throw new Error(`The local cloud is not configured:\n${z.prettifyError(parsed.error)}`);
  const e = parsed.data;
  const token = readFileSync(e.LOCAL_CLOUD_TOKEN_FILE, 'utf8').trim();
  if (token === '') throw new Error(`${e.LOCAL_CLOUD_TOKEN_FILE} (LOCAL_CLOUD_TOKEN_FILE) is empty: write the API token into it`);
  return {
    port: e.LOCAL_CLOUD_PORT,
    token,
    dir: e.LOCAL_CLOUD_DIR,
    driver: e.LOCAL_CLOUD_DRIVER,
    forwardPorts: e.LOCAL_CLOUD_FORWARD_PORTS,
    logLevel: e.LOCAL_CLOUD_LOG_LEVEL,
    ...(e.LOCAL_CLOUD_FAULTS === undefined ? {} : { faultsFile: e.LOCAL_CLOUD_FAULTS }),
    ...(e.LOCAL_CLOUD_BASE === undefined ? {} : { base: e.LOCAL_CLOUD_BASE }),
    limits: {
      droplets: e.LOCAL_CLOUD_DROPLET_LIMIT,
      requestsPerMinute: e.LOCAL_CLOUD_REQUESTS_PER_MINUTE,
      requestsPerHour: e.LOCAL_CLOUD_REQUESTS_PER_HOUR,
    },
    timing: {
      activeAfterMs: e.LOCAL_CLOUD_ACTIVE_AFTER_MS,
      actionTakesMs: e.LOCAL_CLOUD_ACTION_TAKES_MS,
      deleteTakesMs: e.LOCAL_CLOUD_DELETE_TAKES_MS,
    },
  };
};
