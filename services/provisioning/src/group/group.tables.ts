/** The tables of groups; `migrations/` makes them. */
import type { GroupLoad, ScalePolicy } from '@citrus/contracts';
import type { ColumnType } from 'kysely';
import type { MemberRow } from './group.projection.ts';
import type { Template } from './group.state.ts';

type Instant = ColumnType<Date, Date | string, Date | string>;
type NullableInstant = ColumnType<Date | null, Date | string | null, Date | string | null>;

export type GroupTables = {
  /** Projection of `group-*` streams. */
  server_groups: {
    id: string; project_id: string; name: string; status: 'active' | 'deleting' | 'deleted'; is_paused: boolean; is_stalled: boolean; min: number; max: number; target: number;
    template: Template; policy: ScalePolicy | null; members: MemberRow[]; note: string | null; created_at: Instant; updated_at: Instant;
  };
  /** When a group wants to be looked at again, and what its rule found last; not a read model. */
  group_work: { group_id: string; woken: number; wake_at: NullableInstant; lease_until: NullableInstant; failures: number; load: GroupLoad | null };
};
