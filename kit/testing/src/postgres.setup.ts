/** One PostgreSQL for a whole test run; every test then makes a database of its own in it. */
import { startPostgres } from '@citrus/kit-embedded';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string;
  }
}

export default async (project: TestProject) => {
  // What a whole machine's crash would need is left out; a page that is torn is nothing else's.
  const postgres = await startPostgres({ full_page_writes: 'off', max_wal_size: '512MB' }, { inMemory: true });
  project.provide('postgresUrl', postgres.url);
  return () => postgres.stop();
};
