import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { driverNames } from './driver/choose-driver.ts';
import { presetNames, presets } from './presets.ts';

const milliseconds = z.coerce.number().int().min(0).optional();
const count = z.coerce.number().int().min(1).optional();
const forwardPorts = z.string().default('').transform((text) => text.split(',').filter(Boolean).map(Number))
  .pipe(z.array(z.int().min(1).max(65_535)));

/** The environment of the program, parsed once. */
const Environment = z.object({
  LOCAL_CLOUD_PORT: z.coerce.number().int().min(0).max(65_535),
  LOCAL_CLOUD_TOKEN_FILE: z.string().min(1),
  LOCAL_CLOUD_DIR: z.string().min(1),
  LOCAL_CLOUD_DRIVER: z.enum(driverNames).optional(),
  LOCAL_CLOUD_FORWARD_PORTS: forwardPorts,
  LOCAL_CLOUD_FAULTS: z.string().optional(),
  LOCAL_CLOUD_BASE: z.string().optional(),
  LOCAL_CLOUD_PRESET: z.enum(presetNames).default('usual'),
  LOCAL_CLOUD_DOCKER_IMAGE: z.string().min(1).optional(),
  LOCAL_CLOUD_DROPLET_LIMIT: count,
  LOCAL_CLOUD_REQUESTS_PER_MINUTE: count,
  LOCAL_CLOUD_REQUESTS_PER_HOUR: count,
  LOCAL_CLOUD_ACTIVE_AFTER_MS: milliseconds,
  LOCAL_CLOUD_ACTION_TAKES_MS: milliseconds,
  LOCAL_CLOUD_DELETE_TAKES_MS: milliseconds,
  LOCAL_CLOUD_CONFORMANCE: z.enum(['off', 'record']).default('off'),
  LOCAL_CLOUD_LOG_LEVEL: z.string().default('info'),
});

export const environmentNames = Object.keys(Environment.shape);

export const readEnvironment = (env: NodeJS.ProcessEnv) => {
  const parsed = Environment.safeParse(env);
  if (!parsed.success) throw new Error(`The local cloud is not configured:\n${z.prettifyError(parsed.error)}`);
  const e = parsed.data;
  const preset = presets[e.LOCAL_CLOUD_PRESET];
  const token = readFileSync(e.LOCAL_CLOUD_TOKEN_FILE, 'utf8').trim();
  if (token === '') throw new Error(`${e.LOCAL_CLOUD_TOKEN_FILE} (LOCAL_CLOUD_TOKEN_FILE) is empty: write the API token into it`);
  return {
    port: e.LOCAL_CLOUD_PORT,
    token,
    tokenFile: e.LOCAL_CLOUD_TOKEN_FILE,
    dir: e.LOCAL_CLOUD_DIR,
    driver: e.LOCAL_CLOUD_DRIVER ?? preset.driver,
    lazy: preset.lazy,
    recordConformance: e.LOCAL_CLOUD_CONFORMANCE === 'record',
    forwardPorts: e.LOCAL_CLOUD_FORWARD_PORTS,
    logLevel: e.LOCAL_CLOUD_LOG_LEVEL,
    ...(e.LOCAL_CLOUD_FAULTS === undefined ? {} : { faultsFile: e.LOCAL_CLOUD_FAULTS }),
    ...(e.LOCAL_CLOUD_BASE === undefined ? {} : { base: e.LOCAL_CLOUD_BASE }),
    ...(e.LOCAL_CLOUD_DOCKER_IMAGE === undefined ? {} : { dockerImage: e.LOCAL_CLOUD_DOCKER_IMAGE }),
    limits: {
      droplets: e.LOCAL_CLOUD_DROPLET_LIMIT ?? preset.limits.droplets,
      requestsPerMinute: e.LOCAL_CLOUD_REQUESTS_PER_MINUTE ?? preset.limits.requestsPerMinute,
      requestsPerHour: e.LOCAL_CLOUD_REQUESTS_PER_HOUR ?? preset.limits.requestsPerHour,
    },
    timing: {
      activeAfterMs: e.LOCAL_CLOUD_ACTIVE_AFTER_MS ?? preset.timing.activeAfterMs,
      actionTakesMs: e.LOCAL_CLOUD_ACTION_TAKES_MS ?? preset.timing.actionTakesMs,
      deleteTakesMs: e.LOCAL_CLOUD_DELETE_TAKES_MS ?? preset.timing.deleteTakesMs,
    },
  };
};
