/** The environment variables of metrics. */
import { BadMasterKey, openMasterKeys } from '@citrus/kit-crypto';
import { LoggedServiceConfig, outboundConfig } from '@citrus/kit-service';
import { z } from 'zod';

/** Checked at the start: a bad key is found before it seals anything. */
const masterKeyFile = z.string().trim().min(1, 'must not be empty').superRefine((file, context) => {
  try {
    openMasterKeys(file);
  } catch (error) {
    if (!(error instanceof BadMasterKey)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

export const MetricsConfig = LoggedServiceConfig.extend({
  /** Seals the addresses and secrets of webhooks. */
  CITRUS_MASTER_KEY_FILE: masterKeyFile,
  ...outboundConfig,
  /** How long the second try of a delivery waits at most; each further one up to four times as long. */
  CITRUS_WEBHOOK_RETRY_MS: z.coerce.number().int().min(10).max(3_600_000).default(10_000),
  /** A webhook that nothing was delivered to for so long is paused. */
  CITRUS_WEBHOOK_PAUSE_AFTER_MS: z.coerce.number().int().min(100).max(2_592_000_000).default(259_200_000),
  /** How long deliveries are kept that are over. */
  CITRUS_WEBHOOK_KEPT_DAYS: z.coerce.number().min(0).max(3650).default(14),
});
export type MetricsConfig = z.infer<typeof MetricsConfig>;
