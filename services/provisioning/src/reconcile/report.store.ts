/** The last report on the fleet, one for all replicas, and who is making the next one. Not a read model: it tells about clouds. */
import { FleetReport } from '@citrus/contracts';
import { sql, type ColumnType, type Kysely } from 'kysely';
import type { ProvisioningDatabase } from '../database.ts';

type NullableInstant = ColumnType<Date | null, Date | string | null, Date | string | null>;
export type ReconcileTables = { fleet_report: { id: string; ran_at: NullableInstant; lease_until: NullableInstant; report: unknown } };

const FLEET = 'fleet';
export const NO_REPORT: FleetReport = { ranAt: null, findings: [], counts: null, problems: [] };

export type ReportStore = {
  read(): Promise<FleetReport>;
  /** False while somebody else makes one, or when the last one is younger than this. */
  claim(atLeastMs: number, leaseMs: number): Promise<boolean>;
  keep(report: FleetReport): Promise<void>;
  /** It could not be made: the next one who comes may try. */
  giveUp(): Promise<void>;
};

export const openReportStore = (db: Kysely<ProvisioningDatabase>): ReportStore => ({
  read: async () => {
    const row = await db.selectFrom('fleet_report').select('report').where('id', '=', FLEET).executeTakeFirst();
    const report = FleetReport.safeParse(row?.report);
    return report.success ? report.data : NO_REPORT;
  },
  claim: async (atLeastMs, leaseMs) => {
    const { rows } = await sql`
      insert into fleet_report (id, lease_until) values (${FLEET}, now() + ${leaseMs} * interval '1 millisecond')
      on conflict (id) do update set lease_until = excluded.lease_until
      where (fleet_report.lease_until is null or fleet_report.lease_until <= now())
        and (fleet_report.ran_at is null or fleet_report.ran_at <= now() - ${atLeastMs} * interval '1 millisecond')
      returning id`.execute(db);
    return rows.length > 0;
  },
  keep: async (report) => {
    await sql`
      insert into fleet_report (id, ran_at, report) values (${FLEET}, now(), ${JSON.stringify(report)}::jsonb)
      on conflict (id) do update set ran_at = now(), lease_until = null, report = excluded.report`.execute(db);
  },
  giveUp: async () => {
    await sql`update fleet_report set lease_until = null where id = ${FLEET}`.execute(db);
  },
});
