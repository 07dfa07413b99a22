export { freshDatabase, type TestDatabase } from './database.ts';
export { specFor, type Again } from './decider-spec.ts';
export { deepFrozen } from './deep-frozen.ts';
export { eventually } from './eventually.ts';
export { test } from './fixtures.ts';
export { goldenEvents } from './golden-events.ts';
export { goldenStreams } from './golden-streams.ts';
export { envelopeOf, projectionSpec, type FoldUnderTest, type ToldEvent } from './projection-spec.ts';
export { observed, reactorHonoursItsContract, type ReactorUnderTest, type StartReactor } from './reactor-contract.ts';
