/** What becomes of an agent's program, and what people call it; facts of the stream `agent-<agentId>`. */
import { AgentBuild, AgentId, AgentLabels, Instant, ServerId, UpgradeWave } from '@citrus/contracts';
import { z } from 'zod';

const about = { agentId: AgentId, serverId: ServerId, upgradeId: z.uuid(), at: Instant };

/** It waits for its turn among those that were asked for together. */
export const AgentUpgradeRequested = z.object({ ...about, build: AgentBuild, allowDowngrade: z.boolean(), wave: UpgradeWave });
/** The agent is told now, and again whenever it says hello, until the deadline. */
export const AgentUpgradeBegun = z.object({ ...about, deadline: Instant });
export const AgentUpgraded = z.object({ ...about, version: z.string() });
/** `isReverted`: the new program ran, and the one before runs again. */
export const AgentUpgradeFailed = z.object({ ...about, code: z.string(), reason: z.string(), isReverted: z.boolean() });
/** All labels that it has from now on. */
export const AgentLabelled = z.object({ agentId: AgentId, serverId: ServerId, labels: AgentLabels, at: Instant });
