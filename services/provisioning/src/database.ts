/** The tables of provisioning beside its log; `migrations/` makes them. */
import type { ActionStatus, ActionType, ServerAction, ServerProvider, ServerStatus } from '@citrus/contracts';
import type { ColumnType, Generated } from 'kysely';

type Instant = ColumnType<Date, Date | string, Date | string>;
type NullableInstant = ColumnType<Date | null, Date | string | null, Date | string | null>;

export type ProvisioningDatabase = {
  /** Projection of `server-*` streams: what people see. */
  servers: {
    id: string; project_id: string; name: string; status: ServerStatus; provider: ColumnType<ServerProvider, ServerProvider | undefined, ServerProvider>; region: string; size: string; image: string; tags: string[];
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
  /** What each cloud credential has spent of its limits (`budget/`); the account is that folder's own. */
  cloud_budget: { id: string; version: number; account: unknown };
};
