/** Configuration is environment variables, checked once at the start. Keys are the variables' own names, so they can be searched for. */
import { BadSealKey, readSealKeys } from '@citrus/kit-event-store';
import { z } from 'zod';

const text = z.string().trim().min(1, 'must not be empty');

export const ServiceConfig = z.object({
  CITRUS_NATS_URL: text.default('nats://127.0.0.1:4222'),
  /** Optional only for a NATS server without authentication, as in tests. */
  CITRUS_NATS_CREDS_FILE: text.optional(),
  CITRUS_HTTP_HOST: text.default('127.0.0.1'),
  CITRUS_HTTP_PORT: z.coerce.number().int().min(0).max(65_535),
  /**
   * Of the hub, whose HTTP port is for everybody: where readiness and metrics are answered instead, for supervisors and
   * Prometheus. Loopback and a free port unless it is said.
   */
  CITRUS_MANAGEMENT_HOST: text.default('127.0.0.1'),
  CITRUS_MANAGEMENT_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  CITRUS_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});
export type ServiceConfig = z.infer<typeof ServiceConfig>;

/** Of a service with a database; the URL's role may not change or remove events. */
export const DatabaseConfig = ServiceConfig.extend({
  CITRUS_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be postgres://role:password@host:port/database' }),
});
export type DatabaseConfig = z.infer<typeof DatabaseConfig>;

/** Checked at the start: a log that cannot be sealed should be known before it grows. */
const sealKeyFile = text.superRefine((file, context) => {
  try {
    readSealKeys(file);
  } catch (error) {
    if (!(error instanceof BadSealKey)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

/** Of a service with a log of its own, whose roots it signs. */
export const LoggedServiceConfig = DatabaseConfig.extend({
  /** A private Ed25519 key in PEM, and the public keys of those before it; never in the database. */
  CITRUS_SEAL_KEY_FILE: sealKeyFile,
  /** Where the signed roots are kept: outside the database and, best, where its administrators cannot write. */
  CITRUS_SEALS_DIR: text,
  /** The log is sealed when so many events have gathered … */
  CITRUS_SEAL_EVERY_EVENTS: z.coerce.number().int().min(1).max(100_000).default(10_000),
  /** … or so long after the seal before, whichever comes first. */
  CITRUS_SEAL_EVERY_MS: z.coerce.number().int().min(1000).max(86_400_000).default(600_000),
});
export type LoggedServiceConfig = z.infer<typeof LoggedServiceConfig>;
