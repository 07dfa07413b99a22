export { freshDatabase, type TestDatabase } from './database.ts';
export { specFor } from './decider-spec.ts';
export { eventually } from './eventually.ts';
export { test } from './fixtures.ts';
