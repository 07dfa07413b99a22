/** Environment variables, checked once at the start. */
import type { z } from 'zod';

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
