/** Agents and jobs as agent-mgmt's log tells them. */
import { AgentRegistered, AgentRetired, JobFinished, JobQueued, type EventEnvelope } from '@citrus/contracts';
import { parseAs } from '@citrus/kit-messaging';
import type { ActivityStore } from './activity.store.ts';

export const followActivity = (activity: ActivityStore) => async (event: EventEnvelope): Promise<void> => {
  switch (event.type) {
    case 'AgentRegistered':
      return await activity.noteAgent(parseAs(AgentRegistered, event.data, event.type));
    case 'AgentRetired':
      return await activity.removeAgent(parseAs(AgentRetired, event.data, event.type).agentId);
    case 'JobQueued': {
      const { jobId, installer, action } = parseAs(JobQueued, event.data, event.type);
      return await activity.noteJob({ job_id: jobId, app: installer, action });
    }
    case 'JobFinished': {
      const { jobId, installer, action, status } = parseAs(JobFinished, event.data, event.type);
      return await activity.noteJobResult({ job_id: jobId, app: installer, action, result: status });
    }
  }
};
