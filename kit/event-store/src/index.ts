/** The package's door: append, load and read a log; relay it to JetStream; projections and feeds that fold it. */
import type { EventEnvelope, LoggedService, RequestDefinition } from '@citrus/contracts';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Kysely, Transaction } from 'kysely';
import type { EventStore, Logger } from './event-store.port.ts';

export type { AppendContext, AppendResult, EventStore, ExpectedVersion, Logger, NewEvent, StreamAppend, UpdateResult } from './event-store.port.ts';

export { StreamChanged } from './errors.ts';
export { openEventStore } from './event-store.ts';
export { migrate, type Migrations } from './migrate.ts';
export { openPool } from './pool.ts';
export { newId, uuidFrom } from './uuid.ts';

export type WakeUp = { subscribe(): { next(): Promise<void>; close(): void }; stop(): Promise<void> };
export type Projection<Database> = {
  readonly name: string;
  readonly version: number;
  readonly tables: readonly (keyof Database & string)[];
  readonly handles: readonly string[] | 'all';
  readonly apply: (trx: Transaction<Database>, event: EventEnvelope) => Promise<void>;
};
export type ProjectionStatus = { readonly name: string; readonly version: number; readonly position: number; readonly state: 'running' | 'retrying' | 'superseded'; readonly error?: string };
export type Projections = { reached(position: number, options?: { timeoutMs?: number }): Promise<void>; status(): readonly ProjectionStatus[]; stop(): Promise<void> };
export type RelayStatus = { readonly leading: boolean; readonly position: number; readonly error?: string };
export type Relay = { status(): RelayStatus; stop(): Promise<void> };
export type FeedStatus = { readonly leading: boolean; readonly position: number; readonly parked: number; readonly error?: string };
export type Feed = { status(): FeedStatus; retryParked(): Promise<number>; stop(): Promise<void> };
export type LogReader = { call<Input, Reply>(definition: RequestDefinition<Input, Reply>, input: Input, options?: { timeoutMs?: number }): Promise<Reply> };

export declare function startWakeUp(options: { databaseUrl: string; logger?: Logger }): WakeUp;
export declare function defineProjection<Database>(projection: Projection<Database>): Projection<Database>;
export declare function startProjections<Database>(options: { db: Kysely<Database>; store: EventStore; projections: readonly Projection<Database>[]; wakeUp: WakeUp; logger?: Logger }): Projections;
export declare function rebuildProjection<Database>(options: { db: Kysely<Database>; store: EventStore; projection: Projection<Database> }): Promise<void>;
export declare function startRelay(options: { databaseUrl: string; nats: NatsConnection; service: LoggedService; store: EventStore; wakeUp?: WakeUp; logger?: Logger }): Relay;
export declare function startFeed<Database>(options: { databaseUrl: string; db: Kysely<Database>; nats: NatsConnection; requests: LogReader; source: LoggedService; consumer: string; handle(event: EventEnvelope): Promise<void>; logger?: Logger }): Feed;
