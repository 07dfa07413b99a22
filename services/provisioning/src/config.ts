/** The settings of this service. Every duration has a default that is right for DigitalOcean, and good for Hetzner Cloud. */
import { BadMasterKey, openMasterKeys } from '@citrus/kit-crypto';
import { LoggedServiceConfig } from '@citrus/kit-service';
import { z } from 'zod';
import type { Policy } from './server/next-step.ts';

const path = z.string().trim().min(1, 'must not be empty');
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be http://… or https://…' });
const duration = (preset: number) => z.coerce.number().int().min(100).max(86_400_000).default(preset);

/** Checked at the start: a bad key is found before it seals anything. */
const masterKeyFile = path.superRefine((file, context) => {
  try {
    openMasterKeys(file);
  } catch (error) {
    if (!(error instanceof BadMasterKey)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

const MINUTE_MS = 60_000;

export const ProvisioningConfig = LoggedServiceConfig.extend({
  CITRUS_MASTER_KEY_FILE: masterKeyFile,
  /** Which cloud servers are made in that name no credential of their project. */
  CITRUS_CLOUD_KIND: z.enum(['digitalocean', 'hetzner']).default('digitalocean'),
  /** Left out: the cloud's own public address. */
  CITRUS_CLOUD_URL: httpUrl.optional(),
  CITRUS_CLOUD_TOKEN_FILE: path,
  /** Where else than to its kind's public address a project's credential may send its calls. */
  CITRUS_CLOUD_BASE_URLS: z.string().default('').transform((text) => text.split(/[\s,]+/).filter(Boolean)).pipe(z.array(httpUrl)),
  CITRUS_AGENT_HUB_URL: httpUrl,
  CITRUS_ARTIFACTS_DIR: path,
  /** The most calls an hour with one API token, whatever the cloud announces; a twentieth of it in a minute. */
  CITRUS_CLOUD_CALLS_PER_HOUR: z.coerce.number().int().min(60).max(10_000_000).default(10_000_000),
  CITRUS_CLOUD_CREATE_TIMEOUT_MS: duration(30_000),
  /** How long the cloud may take to show a droplet that it has made. */
  CITRUS_CLOUD_SETTLE_MS: duration(MINUTE_MS),
  CITRUS_POLL_FIRST_MS: duration(1000),
  CITRUS_POLL_LONGEST_MS: duration(15_000),
  CITRUS_CREATING_DEADLINE_MS: duration(15 * MINUTE_MS),
  CITRUS_PROVISIONING_DEADLINE_MS: duration(15 * MINUTE_MS),
  CITRUS_INITIALIZING_DEADLINE_MS: duration(20 * MINUTE_MS),
  /** How long the command is good that joins a machine which is there already. */
  CITRUS_JOIN_TOKEN_LIFE_MS: duration(24 * 60 * MINUTE_MS),
  /** How often the whole fleet in the cloud is compared with the log. */
  CITRUS_RECONCILE_EVERY_MS: duration(10 * MINUTE_MS),
  CITRUS_DELETING_DEADLINE_MS: duration(60 * MINUTE_MS),
  /** How often a server group that is on its way to its target is looked at; one at rest six times less often. */
  CITRUS_GROUP_LOOK_MS: duration(5000),
  /** The longest that an action with a server may take to begin, and then to end; most have less time by their kind. */
  CITRUS_ACTION_DEADLINE_MS: duration(120 * MINUTE_MS),
});
export type ProvisioningConfig = z.infer<typeof ProvisioningConfig>;

export const policyOf = (config: ProvisioningConfig): Policy => ({
  settleMs: config.CITRUS_CLOUD_SETTLE_MS,
  createTimeoutMs: config.CITRUS_CLOUD_CREATE_TIMEOUT_MS,
  pollMs: { first: config.CITRUS_POLL_FIRST_MS, longest: config.CITRUS_POLL_LONGEST_MS },
  longestActionMs: config.CITRUS_ACTION_DEADLINE_MS,
  deadlinesMs: {
    creating: config.CITRUS_CREATING_DEADLINE_MS,
    provisioning: config.CITRUS_PROVISIONING_DEADLINE_MS,
    initializing: config.CITRUS_INITIALIZING_DEADLINE_MS,
    deleting: config.CITRUS_DELETING_DEADLINE_MS,
  },
});
