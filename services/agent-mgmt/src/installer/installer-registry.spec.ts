import { pino } from 'pino';
import { Unavailable } from '@citrus/kit-domain';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { expect, test } from 'vitest';
import type { AgentMgmtDatabase } from '../database.ts';
import { BundleStore } from './bundle.store.ts';
import { InstallerRegistry } from './installer-registry.ts';

const db = new Kysely<AgentMgmtDatabase>({
  dialect: { createDriver: () => new DummyDriver(), createAdapter: () => new PostgresAdapter(), createIntrospector: (of) => new PostgresIntrospector(of), createQueryCompiler: () => new PostgresQueryCompiler() },
});

test('before the installers are read, none is said to be missing', () => {
  const registry = new InstallerRegistry('installers', new BundleStore(db), pino({ level: 'silent' }));
  for (const ask of [() => registry.find('web'), () => registry.list(), () => registry.findBundle('shop'), () => registry.listBundles()]) expect(ask).toThrow(Unavailable);
});
