/** The read models of cloud credentials, and what their news do at once: tokens that were given up are destroyed, and waiting servers go on. */
import { aggregateIdOf, type CloudKind } from '@citrus/contracts';
import { defineFold, defineProjection } from '@citrus/kit-event-store';
import { sql, type Transaction } from 'kysely';
import type { ProvisioningDatabase } from '../database.ts';
import { UNAUTHORIZED } from './credential.decider.ts';
import { credentialEvents, type CredentialDataOf, type CredentialEvent, type DefaultCloudEvent } from './credential.events.ts';

type CredentialRow = {
  id: string; project_id: string; name: string; kind: CloudKind; base_url: string | null; token_id: string; token_end: string;
  is_refused: boolean; is_removing: boolean; note: string | null; account: string | null; machine_limit: number | null;
  tested_at: string; rotated_at: string | null; created_at: string;
};

const added = ({ credentialId, projectId, name, kind, baseUrl, tokenId, tokenEnd, account, machineLimit }: CredentialDataOf<'CredentialAdded'>, at: string): CredentialRow => ({
  id: credentialId, project_id: projectId, name, kind, base_url: baseUrl ?? null, token_id: tokenId, token_end: tokenEnd,
  is_refused: false, is_removing: false, note: null, account, machine_limit: machineLimit, tested_at: at, rotated_at: null, created_at: at,
});

/** What a failed test tells of the account is nothing; what was known stays. */
const testedBy = ({ problem, account, machineLimit }: CredentialDataOf<'CredentialTested'>, at: string, { is_refused: wasRefused }: CredentialRow): Partial<CredentialRow> =>
  problem
    ? { tested_at: at, note: problem.reason, is_refused: wasRefused || problem.code === UNAUTHORIZED }
    : { tested_at: at, note: null, is_refused: false, account, machine_limit: machineLimit };

const changeBy = (event: Exclude<CredentialEvent, { type: 'CredentialAdded' | 'CredentialRemoved' }>, at: string, row: CredentialRow): Partial<CredentialRow> => {
  switch (event.type) {
    case 'CredentialTested': return testedBy(event.data, at, row);
    case 'CredentialRotated': {
      const { tokenId, tokenEnd, account, machineLimit } = event.data;
      return { token_id: tokenId, token_end: tokenEnd, account, machine_limit: machineLimit, is_refused: false, note: null, tested_at: at, rotated_at: at };
    }
    case 'CredentialRefused': return { is_refused: true, note: event.data.reason };
    case 'CredentialRemovalBegun': return { is_removing: true };
    case 'CredentialRemovalStopped': return { is_removing: false };
  }
};

export const cloudCredentialsProjection = defineFold<CredentialRow>({
  name: 'cloud_credentials',
  version: 1,
  table: 'cloud_credentials',
  key: ['id'],
  handles: Object.keys(credentialEvents),
  keyOf: ({ stream }) => [aggregateIdOf(stream)],
  evolve: (row, envelope) => {
    const event = envelope as unknown as CredentialEvent;
    if (event.type === 'CredentialAdded') return added(event.data, envelope.at);
    if (event.type === 'CredentialRemoved' || !row) return undefined;
    return { ...row, ...changeBy(event, envelope.at, row) };
  },
});

export const projectCloudsProjection = defineFold<{ project_id: string; credential_id: string | null }>({
  name: 'project_clouds',
  version: 1,
  table: 'project_clouds',
  key: ['project_id'],
  handles: ['DefaultCloudChosen'],
  keyOf: ({ stream }) => [aggregateIdOf(stream)],
  evolve: (_row, envelope) => {
    const { data } = envelope as unknown as DefaultCloudEvent;
    return { project_id: data.projectId, credential_id: data.credentialId };
  },
});

type Trx = Transaction<ProvisioningDatabase>;

const destroy = async (trx: Trx, tokenId: string): Promise<void> => {
  await trx.deleteFrom('cloud_tokens').where('id', '=', tokenId).execute();
};

/** Servers that waited for the credential look at the log again, now; also those that are due and just tried with the old one. */
export const wakeServersOf = async (trx: Trx, credentialId: string): Promise<void> => {
  await sql`
    update server_work set wake_at = now()
    where server_id in (select id from servers where cloud_id = ${credentialId}::uuid and status <> 'deleted') and wake_at is not null`.execute(trx);
};

/** Names the very token that is given up, so that a replay destroys no other. */
export const credentialNewsProjection = defineProjection<ProvisioningDatabase>({
  name: 'credential-news',
  version: 1,
  handles: ['CredentialTested', 'CredentialRotated', 'CredentialRemoved'] satisfies CredentialEvent['type'][],
  apply: async (trx, envelope) => {
    const event = envelope as unknown as CredentialEvent;
    if (event.type === 'CredentialRemoved') await destroy(trx, event.data.tokenId);
    if (event.type === 'CredentialRotated') await destroy(trx, event.data.replaces);
    if (event.type === 'CredentialRotated' || (event.type === 'CredentialTested' && !event.data.problem)) await wakeServersOf(trx, event.data.credentialId);
  },
});
