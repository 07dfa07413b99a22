/** The command that an open job has for its agent, made anew at each sending: same id, fresh times, fresh seal. */
import { sealedInputsPlace, type AgentCommand } from '@citrus/contracts';
import { internalScope, type Clock } from '@citrus/kit-domain';
import { packJson, sealToBox } from '@citrus/kit-crypto';
import { uuidFrom } from '@citrus/kit-event-store';
import type { AgentStore } from '../agent/agent.store.ts';
import type { OpenJob } from './job.decider.ts';
import type { JobSecrets } from './job-secrets.ts';

/** A doorbell is heard now or never, and sync signs again: a command need not live longer. */
const COMMAND_LIVES_MS = 120_000;

export const runCommandId = (jobId: string, attempt: number): string => uuidFrom('agent-mgmt:run-job', `${jobId}/${attempt}`);
const cancelCommandId = (jobId: string, attempt: number): string => uuidFrom('agent-mgmt:cancel-job', `${jobId}/${attempt}`);

export class JobCommands {
  constructor(
    private readonly agents: AgentStore,
    private readonly secrets: JobSecrets,
    private readonly clock: Clock,
  ) {}

  times(): { notBefore: string; expiresAt: string } {
    const now = this.clock().getTime();
    return { notBefore: new Date(now).toISOString(), expiresAt: new Date(now + COMMAND_LIVES_MS).toISOString() };
  }

  /** Undefined while the agent only has to go on: it has said that it started, so its journal knows the job. */
  async of(open: OpenJob): Promise<AgentCommand | undefined> {
    const { agentId, jobId } = open.job;
    switch (open.status) {
      case 'running': return undefined;
      case 'cancelling': return { type: 'cancel-job', commandId: cancelCommandId(jobId, open.attempt), agentId, jobId, attempt: open.attempt, ...this.times() };
      case 'dispatched': return await this.#run(open);
    }
  }

  async #run({ job, attempt, commandId }: OpenJob): Promise<AgentCommand> {
    const { agentId, jobId, installer, installerVersion, installerDigest, action, inputs, timeoutSeconds, backup } = job;
    const sealedInputs = job.sealedInputs === '' ? '' : await this.#resealed(job);
    return { type: 'run-job', commandId, agentId, jobId, attempt, installer, installerVersion, installerDigest, action, inputs, sealedInputs, timeoutSeconds, ...(backup && { backup }), ...this.times() };
  }

  async #resealed({ agentId, jobId, sealedInputs }: OpenJob['job']): Promise<string> {
    const agent = await this.agents.find(internalScope('inputs are sealed for the agent of the job'), agentId);
    if (!agent) throw new Error(`agent ${agentId} of job ${jobId} has no key here`);
    return sealToBox(agent.box_key, packJson(JSON.stringify(await this.secrets.open(jobId, sealedInputs))), sealedInputsPlace(agentId));
  }
}
