import type { AnalystViews } from '@citrus/kit-event-store';

/** What people with SQL see of auth's read models: ids, and nothing that is personal. That is sealed, or may be clear text of an older release. */
export const analystViews: AnalystViews = {
  users: ['user_id', 'created_at'],
  memberships: ['user_id', 'project_id', 'role'],
  projects: ['project_id', 'created_at'],
  administrators: ['user_id', 'granted_at'],
  invitations: ['invitation_id', 'project_id', 'role', 'invited_by', 'invited_at', 'expires_at', 'status', 'accepted_by'],
  sessions: ['session_id', 'user_id', 'started_at', 'refreshed_at', 'expires_at', 'closed_at', 'close_reason'],
  api_tokens: ['token_id', 'user_id', 'scopes', 'created_at', 'expires_at', 'ended_at', 'end_reason'],
  service_accounts: ['user_id', 'project_id', 'name', 'role', 'created_at'],
  enrolments: ['server_id', 'project_id', 'agent_id', 'attempt', 'expires_at', 'enrolled_at', 'refused_keys'],
  audit_entries: ['entry_id', 'position', 'at', 'last_at', 'count', 'service', 'action', 'outcome', 'actor_kind', 'actor_id', 'project_id', 'code'],
  agent_trust: ['server_id', 'project_id', 'agent_id', 'status', 'enrolled_at', 'revoked_at', 'refused_at', 'clone_suspected_at'],
};
