/** Vitest fixtures for integration tests: real servers, nothing shared that a test could spoil for another. */
import { startNats, type EmbeddedNats } from '@citrus/kit-embedded';
import { inject, test as base } from 'vitest';
import { freshDatabase, type Template, type TestDatabase } from './database.ts';
import './postgres.setup.ts';

/**
 * `database`: fresh for every test; with `template`, which a package extends with its migrations, a copy of what they
 * give. `nats`: one server with JetStream, without authentication, for every spec file.
 */
export const test = base
  .extend('nats', { scope: 'file' }, async ({}, { onCleanup }): Promise<EmbeddedNats> => {
    const nats = await startNats({ inMemory: true });
    onCleanup(() => nats.stop());
    return nats;
  })
  .extend('template', (): Template | undefined => undefined)
  .extend('database', async ({ template }, { onCleanup }): Promise<TestDatabase> => {
    const database = await freshDatabase(inject('postgresUrl'), template);
    onCleanup(() => database.drop());
    return database;
  });
