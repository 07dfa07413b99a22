/** The build that agents can have from this hub: what `agent/build.ts` left beside the service. Signed only from here. */
import { Digest, plainText, type AgentBuild } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Entry = z.object({ version: plainText(64), digest: Digest });
const Index = z.object({ 'agent.mjs': Entry, 'node-x64.gz': Entry.optional(), 'node-arm64.gz': Entry.optional() });

/** Read each time: a new build needs no restart. Undefined where there is none. */
export const newestBuild = async (directory: string | undefined): Promise<AgentBuild | undefined> => {
  if (directory === undefined) return undefined;
  try {
    const { 'agent.mjs': agent, 'node-x64.gz': x64, 'node-arm64.gz': arm64 } = Index.parse(JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')));
    return { version: agent.version, agentDigest: agent.digest, runtimes: { ...(x64 && { x64 }), ...(arm64 && { arm64 }) } };
  } catch {
    return undefined;
  }
};

export const noBuild = (): Refusal => new Refusal('agent.no_build', 'There is no build of the agent here to upgrade to. Build it with agent/build.ts, and say where it is with CITRUS_ARTIFACTS_DIR of agent-mgmt.');
