/** Which agent speaks for which server: how a renewal finds the server's stream. */
import type { EventEnvelope } from '@citrus/contracts';
import { defineProjection } from '@citrus/kit-event-store';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import type { EnrolmentEvent } from './enrolment.events.ts';

const apply = async (trx: Transaction<AuthDatabase>, envelope: EventEnvelope): Promise<void> => {
  const event = envelope as unknown as EnrolmentEvent;
  const { serverId } = event.data;
  switch (event.type) {
    case 'EnrolmentIssued': {
      const { projectId, agentId, attempt, expiresAt } = event.data;
      const row = { project_id: projectId, agent_id: agentId, attempt, expires_at: expiresAt, nkey: null, box_key: null, enrolled_at: null, refused_keys: 0 };
      await trx.insertInto('enrolments').values({ server_id: serverId, ...row }).onConflict((conflict) => conflict.column('server_id').doUpdateSet(row)).execute();
      return;
    }
    case 'AgentEnrolled': {
      const { nkey, boxKey } = event.data.keys;
      await trx.updateTable('enrolments').set({ nkey, box_key: boxKey, enrolled_at: envelope.at }).where('server_id', '=', serverId).execute();
      return;
    }
    case 'EnrolmentRefused':
      await trx.updateTable('enrolments').set({ refused_keys: sql<number>`refused_keys + 1` }).where('server_id', '=', serverId).execute();
  }
};

export const enrolmentsProjection = defineProjection<AuthDatabase>({ name: 'enrolments', version: 1, tables: ['enrolments'], handles: ['EnrolmentIssued', 'AgentEnrolled', 'EnrolmentRefused'], apply });

export const serverOfAgent = (db: Kysely<AuthDatabase>) => async (agentId: string): Promise<string | undefined> =>
  (await db.selectFrom('enrolments').select('server_id').where('agent_id', '=', agentId).executeTakeFirst())?.server_id;
