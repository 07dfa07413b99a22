import type { AnalystViews } from '@citrus/kit-event-store';

/** What people with SQL see of agent-mgmt's read models; a job's sensitive inputs are not in its row to begin with. */
export const analystViews: AnalystViews = {
  agents: ['agent_id', 'server_id', 'project_id', 'status', 'connected_at', 'facts', 'updated_at'],
  jobs: [
    'job_id', 'project_id', 'server_id', 'agent_id', 'run_id', 'installer', 'installer_version', 'installer_digest', 'action', 'inputs', 'status', 'attempt', 'exit_code', 'reason', 'priority',
    'not_before', 'expires_at', 'correlation_id', 'created_at', 'started_at', 'finished_at', 'updated_at',
  ],
  apps: ['server_id', 'installer', 'project_id', 'state', 'reason', 'version', 'inputs', 'health', 'health_since', 'health_reason', 'checked_at', 'last_job', 'backups', 'created_at', 'updated_at'],
  app_changes: [
    'change_id', 'project_id', 'server_id', 'installer', 'action', 'status', 'with_backup', 'backup', 'steps', 'cause', 'app_is', 'is_healthy', 'reason', 'advice', 'created_at', 'finished_at', 'updated_at',
  ],
  runs: ['run_id', 'project_id', 'installer', 'action', 'inputs', 'filter', 'strategy', 'server_ids', 'begun', 'status', 'reason', 'retry_of', 'created_at', 'finished_at', 'updated_at'],
};
