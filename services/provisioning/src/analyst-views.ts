import type { AnalystViews } from '@citrus/kit-event-store';

/** What people with SQL see of provisioning's read models. */
export const analystViews: AnalystViews = {
  servers: ['id', 'project_id', 'name', 'status', 'provider', 'region', 'size', 'image', 'tags', 'droplet_ref', 'ip_address', 'agent_id', 'note', 'created_at', 'updated_at'],
};
