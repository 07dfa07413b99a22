/** Puts the process manager together from the log, the cloud, auth's one-time tokens and the catalogue of artifacts. */
import { issueEnrolment } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import type { Requests } from '@citrus/kit-messaging';
import type { ArtifactCatalog } from '../catalog/artifact-catalog.ts';
import { policyOf, type ProvisioningConfig } from '../config.ts';
import type { Clouds } from '../provider/clouds.ts';
import { serverDecider } from './server.decider.ts';
import { streamOf, type ServerEvent } from './server.events.ts';
import type { ServerHandler } from './server.handler.ts';
import type { ServerProcess } from './server.process.ts';
import { userDataOf } from './user-data.ts';

const ITSELF = { kind: 'service', id: 'provisioning' } as const;
export const AGENT_INSTALLER = 'install.sh';

type Parts = {
  readonly config: ProvisioningConfig; readonly store: EventStore; readonly handle: ServerHandler;
  readonly clouds: Clouds; readonly requests: Requests; readonly artifacts: ArtifactCatalog; readonly now: () => Date;
};

export const createServerProcess = ({ config, store, handle, clouds, requests, artifacts, now }: Parts): ServerProcess => ({
  load: async (serverId) => {
    const { events, version } = await store.load(streamOf(serverId));
    const last = events.at(-1);
    return { state: fold(serverDecider, events as unknown as ServerEvent[]), version, position: last?.position ?? 0, cause: last?.id };
  },
  execute: async (command, { projectId, jobId }, { cause, ...known }) => {
    const handled = await handle(command, { actor: ITSELF, projectId, correlationId: jobId, ...(cause && { causationId: cause }) }, known);
    return { ...handled, cause: handled.events.at(-1)?.id ?? cause };
  },
  userDataFor: async ({ serverId, projectId, agentId, attempt, jobId }, tokenEndsAt, cause) => {
    const installerDigest = await artifacts.digestOf(AGENT_INSTALLER);
    const { token } = await requests.call(issueEnrolment, { serverId, projectId, agentId, attempt, expiresAt: tokenEndsAt.toISOString() }, { correlationId: jobId, causationId: cause });
    return userDataOf({ hubUrl: config.CITRUS_AGENT_HUB_URL, installerDigest, token, tokenEndsAt });
  },
  clouds,
  policy: policyOf(config),
  now: () => now().getTime(),
  random: Math.random,
});
