import type { AnalystViews } from '@citrus/kit-event-store';

/** What people with SQL see of provisioning's read models. */
export const analystViews: AnalystViews = {
  servers: ['id', 'project_id', 'name', 'status', 'provider', 'region', 'size', 'image', 'tags', 'droplet_ref', 'ip_address', 'agent_id', 'note', 'created_at', 'updated_at', 'power', 'action_type', 'is_protected', 'maintenance_since', 'backups'],
  server_actions: ['id', 'server_id', 'project_id', 'action', 'status', 'note', 'requested_by', 'snapshot_ref', 'requested_at', 'started_at', 'ended_at'],
};
