import { listAgentTrust, reportAgentClone, revokeAgents, type AgentId } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { AGENTS_TRUST } from '../tokens.ts';
import type { AgentsTrust } from './agent-trust.ts';

@Controller()
export class AgentTrustController {
  constructor(@Inject(AGENTS_TRUST) private readonly trust: AgentsTrust) {}

  @OnRequest(revokeAgents)
  revoke(input: z.infer<typeof revokeAgents.input>, context: RequestContext): Promise<{ revoked: AgentId[] }> {
    return this.trust.revoke(input, context);
  }

  @OnRequest(listAgentTrust)
  list(input: z.infer<typeof listAgentTrust.input>): ReturnType<AgentsTrust['list']> {
    return this.trust.list(input);
  }

  @OnRequest(reportAgentClone)
  async reportClone(input: z.infer<typeof reportAgentClone.input>, context: RequestContext): Promise<Record<string, never>> {
    await this.trust.reportClone(input, context);
    return {};
  }
}
