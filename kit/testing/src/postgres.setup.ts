/** One PostgreSQL for a whole test run; every test then makes a database of its own in it. */
import { startPostgres } from '@citrus/kit-embedded';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string;
  }
}

export default async (project: TestProject) => {
  const postgres = await startPostgres();
  project.provide('postgresUrl', postgres.url);
  return () => postgres.stop();
};
