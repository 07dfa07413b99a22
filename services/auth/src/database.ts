/** Auth's tables as Kysely sees them. Folds of the log, but for the last ones. */
import type { AgentTrust, InvitationStatus, Membership, Role } from '@citrus/contracts';
import type { ColumnType } from 'kysely';
import type { Audited, AuditedAddress } from './audit/audit.events.ts';
import type { PersonalText } from './subject/personal-text.ts';

type Time = ColumnType<Date, string | Date, string | Date>;

export type AuthDatabase = {
  users: { user_id: string; email: PersonalText; name: PersonalText; password: PersonalText; created_at: Time };
  memberships: { user_id: string; project_id: string; role: Role };
  projects: { project_id: string; name: string; created_at: Time };
  administrators: { user_id: string; granted_at: Time };
  invitations: {
    invitation_id: string; project_id: string; role: Role; email: PersonalText; invited_by: string; invited_at: Time; expires_at: Time;
    status: InvitationStatus; accepted_by: string | null;
  };
  sessions: { session_id: string; user_id: string; sealed_address: string | null; started_at: Time; refreshed_at: Time; expires_at: Time; closed_at: Time | null; close_reason: string | null };
  api_tokens: {
    token_id: string; user_id: string; name: PersonalText; secret_hash: string; scopes: { items: Membership[] };
    created_at: Time; expires_at: Time; ended_at: Time | null; end_reason: string | null;
  };
  service_accounts: { user_id: string; project_id: string; name: string; role: Role; created_at: Time };
  enrolments: {
    server_id: string; project_id: string; agent_id: string; attempt: number; expires_at: Time;
    nkey: string | null; box_key: string | null; enrolled_at: Time | null; refused_keys: number;
  };
  audit_entries: {
    entry_id: string; position: number; at: Time; last_at: Time; count: number; service: Audited['service']; action: string; outcome: Audited['outcome'];
    actor_kind: 'user' | 'service' | 'agent' | null; actor_id: string | null; project_id: string | null; target: Record<string, string>;
    code: string | null; reason: string | null; correlation_id: string | null; address: AuditedAddress | null;
  };
  agent_trust: {
    server_id: string; project_id: string; agent_id: string; status: AgentTrust['status'];
    enrolled_at: Time | null; revoked_at: Time | null; revoke_reason: string | null; refused_at: Time | null; clone_suspected_at: Time | null;
  };
  /** Not folds: sealed keys, and counters that are forgotten. */
  signing_keys: { key_id: string; public_key: string; sealed_private_key: string; is_current: boolean; is_next: boolean; created_at: Time; retired_at: Time | null };
  audit_refusals: { entry_id: string; refusal_group: string; window_ends_at: Time; entry: ColumnType<Audited, string, string>; batch_id: string | null; told_at: Time | null };
  sign_in_counters: { key: string; failures: number; last_at: Time; paused_until: Time | null; forget_at: Time };
  sign_in_acquaintances: { key: string; known_until: Time };
  oidc_attempts: { state_hash: string; sealed: string; expires_at: Time };
  api_token_uses: { token_id: string; last_used_at: Time };
};
