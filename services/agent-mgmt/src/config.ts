/** agent-mgmt's environment variables. */
import { LoggedServiceConfig } from '@citrus/kit-service';
import { z } from 'zod';

const file = z.string().trim().min(1, 'must not be empty');

export const Config = LoggedServiceConfig.extend({
  CITRUS_MASTER_KEY_FILE: file,
  CITRUS_INSTALLERS_DIR: file,
  /** Git repositories that installers also come from; docs/how-to/installers-from-git.md. */
  CITRUS_INSTALLER_SOURCES_FILE: file.optional(),
  /** What `agent/build.ts` left: the agent that servers can be upgraded to. Without it nobody can be. */
  CITRUS_ARTIFACTS_DIR: file.optional(),
  /** How long a job that ended without success can be tried again with its sensitive inputs. */
  CITRUS_JOB_SECRETS_KEPT_DAYS: z.coerce.number().min(0).max(3650).default(30),
  /** Logs of jobs are packed so many days after they are complete, and stay as they are; 0: never. */
  CITRUS_JOB_LOGS_ARCHIVED_AFTER_DAYS: z.coerce.number().min(0).max(36_500).default(30),
  /** Packed logs are removed after so many more days; 0: never. */
  CITRUS_JOB_LOGS_REMOVED_AFTER_DAYS: z.coerce.number().min(0).max(36_500).default(0),
  /** How much is kept of the log of one attempt, and of all attempts of a job together. */
  CITRUS_JOB_LOG_ATTEMPT_BYTES: z.coerce.number().int().min(1024).default(64 * 1024 ** 2),
  CITRUS_JOB_LOG_JOB_BYTES: z.coerce.number().int().min(1024).default(128 * 1024 ** 2),
  /** How long a running attempt may go without a heartbeat before it counts as lost. */
  CITRUS_JOB_LEASE_MS: z.coerce.number().int().min(1000).default(120_000),
  /** How often each app is asked whether it still answers; 0: never. */
  CITRUS_APP_CHECK_EVERY_MS: z.coerce.number().int().min(0).default(6 * 3_600_000),
});
export type Config = z.infer<typeof Config>;
