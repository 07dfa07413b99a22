/**
 * The program beside each service that brings its database up to date, as the owner; the service itself may not change
 * tables. Safe to run again. A door of its own: it ends sooner than all that a service needs is loaded.
 */
import { z } from 'zod';
import { parseConfig, StartRefused } from './parse-config.ts';

export const ownerUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be postgres://role:password@host:port/database' });
/** Any name that PostgreSQL takes: it is quoted wherever it is used. */
export const roleName = z.string().min(1, 'must be the name of the role that the service signs in with').max(63, 'is longer than a role’s name can be');
export const OwnerConfig = z.object({ CITRUS_DATABASE_OWNER_URL: ownerUrl, CITRUS_DATABASE_ROLE: roleName });

const told = (error: unknown): string => (error instanceof StartRefused ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));

/** @param database as people call it: `The database of metrics` */
export const runMigrateProgram = async <Config>(database: string, schema: z.ZodType<Config>, migrate: (config: Config) => Promise<void>): Promise<void> => {
  try {
    await migrate(parseConfig(schema, process.env));
  } catch (error) {
    process.stderr.write(`${database} was not migrated. ${told(error)}\n`);
    process.exitCode = 1;
  }
};
