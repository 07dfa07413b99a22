/** The package's door: append, load and read a log; relay it to JetStream; projections and feeds that fold it. */
export type { AppendContext, AppendResult, EventStore, ExpectedVersion, Logger, LogRequest, NewEvent, StreamAppend, UpdateResult } from './event-store.port.ts';
export { StreamChanged } from './errors.ts';
export { openEventStore } from './event-store.ts';
export { startFeed, type Feed, type FeedStatus, type LogReader } from './feed/feed.ts';
export { openDatabase } from './database/database.ts';
export { migrate, type Migrations } from './database/migrate.ts';
export { openPool } from './database/pool.ts';
export { defineProjection, ProjectionFailed, rebuildProjection, type Projection } from './projection/projection.ts';
export { startRelay, type Relay, type RelayStatus } from './relay/relay.ts';
export { startProjections, type Projections, type ProjectionStatus } from './projection/run-projections.ts';
export { newId, uuidFrom } from './uuid.ts';
export { startWakeUp, type Bell, type WakeUp } from './database/wake-up.ts';
export { defineFold, foldInto, rowKey, type FoldedRow, type RowFold, type Rows } from './projection/row-fold.ts';
export { createUpcaster, NewerEvent, upcastPage, type EventData, type EventVersions, type OnUpcast, type Upcast, type Upcaster } from './version/event-versions.ts';
export { versionsOf } from './version/event-catalogue.ts';
