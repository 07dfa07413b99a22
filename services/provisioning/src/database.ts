/** The tables of provisioning beside its log; `migrations/` makes them. */
import type { ActionStatus, ActionType, CloudKind, ServerAction, ServerProvider, ServerStatus } from '@citrus/contracts';
import type { ColumnType, Generated } from 'kysely';
import type { GroupTables } from './group/group.tables.ts';
import type { ReconcileTables } from './reconcile/report.store.ts';

type Instant = ColumnType<Date, Date | string, Date | string>;
type NullableInstant = ColumnType<Date | null, Date | string | null, Date | string | null>;

export type ProvisioningDatabase = GroupTables & ReconcileTables & {
  /** Projection of `server-*` streams: what people see. */
  servers: {
    id: string; project_id: string; name: string; status: ServerStatus; provider: ColumnType<ServerProvider, ServerProvider | undefined, ServerProvider>; cloud_id: ColumnType<string | null, string | null | undefined, string | null>; region: string; size: string; image: string; tags: string[];
    droplet_ref: string | null; ip_address: string | null; agent_id: string | null; note: string | null;
    power: 'on' | 'off' | null; action_id: string | null; action_type: ActionType | null; action_since: NullableInstant; action_note: string | null;
    is_protected: Generated<boolean>; maintenance_since: NullableInstant; maintenance_reason: string | null; backups: Generated<boolean>;
    created_at: Instant; updated_at: Instant;
  };
  /** Projection of `server-*` streams: what was done with servers that are there. */
  server_actions: {
    id: string; server_id: string; project_id: string; action: ServerAction; status: ActionStatus; note: string | null; requested_by: string | null; snapshot_ref: string | null;
    requested_at: Instant; started_at: NullableInstant; ended_at: NullableInstant;
  };
  /** When the process manager wants to look at a server again; not a read model. `wake_at` null: when there is news. */
  server_work: {
    server_id: string;
    /** The newest version of the stream that was announced, and the one that the process manager has dealt with. */
    version: number; seen_version: ColumnType<number, number | undefined, number>;
    wake_at: NullableInstant; lease_until: NullableInstant; failures: ColumnType<number, number | undefined, number>;
  };
  /** Projection of `server-*` streams: who waits for the cloud to be asked. `priority`: 0 is the most urgent. */
  server_queue: { server_id: string; project_id: string; cloud_id: string | null; priority: number; since: Instant; is_waiting: boolean };
  /** Projection of `quota-*` streams; null: no limit. `stream_version`: what an admission follows on. */
  project_quotas: { project_id: string; servers: number | null; creations_per_hour: number | null; stream_version: number };
  /** What each cloud credential has spent of its limits (`budget/`); the account is that folder's own. */
  cloud_budget: { id: string; version: number; account: unknown };
  /** Projection of `credential-*` streams. The tokens are not in it. */
  cloud_credentials: {
    id: string; project_id: string; name: string; kind: CloudKind; base_url: string | null; token_id: string; token_end: string;
    is_refused: boolean; is_removing: boolean; note: string | null; account: string | null; machine_limit: number | null;
    tested_at: Instant; rotated_at: NullableInstant; created_at: Instant;
  };
  /** What the servers of a project are made with that name no cloud; null: with the installation's. */
  project_clouds: { project_id: string; credential_id: string | null };
  /** API tokens, sealed with the master key and bound to their row. A row is destroyed when its token is given up. */
  cloud_tokens: { id: string; credential_id: string; sealed: string; created_at: ColumnType<Date, never, never> };
};
