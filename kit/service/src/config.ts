/** Configuration is environment variables, checked once at the start. Keys are the variables' own names, so they can be searched for. */
import { z } from 'zod';

const text = z.string().trim().min(1, 'must not be empty');

export const ServiceConfig = z.object({
  CITRUS_NATS_URL: text.default('nats://127.0.0.1:4222'),
  /** Optional only for a NATS server without authentication, as in tests. */
  CITRUS_NATS_CREDS_FILE: text.optional(),
  CITRUS_HTTP_HOST: text.default('127.0.0.1'),
  CITRUS_HTTP_PORT: z.coerce.number().int().min(0).max(65_535),
  CITRUS_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});
export type ServiceConfig = z.infer<typeof ServiceConfig>;

/** Of a service with a database; the URL's role may not change or remove events. */
export const DatabaseConfig = ServiceConfig.extend({
  CITRUS_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be postgres://role:password@host:port/database' }),
});
export type DatabaseConfig = z.infer<typeof DatabaseConfig>;

/** The process cannot start like this; the message says what is wrong and what to do. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

const isMissing = (issue: z.core.$ZodIssue, env: NodeJS.ProcessEnv) => env[String(issue.path[0])] === undefined;

/** @throws StartRefused that lists each wrong variable, never its value: it may be a secret. */
export const parseConfig = <Config>(schema: z.ZodType<Config>, env: NodeJS.ProcessEnv): Config => {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${isMissing(issue, env) ? 'is missing' : issue.message}`);
  throw new StartRefused(`These environment variables are wrong:\n${lines.join('\n')}\nSet them and start again.`);
};
