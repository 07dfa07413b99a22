import { issueEnrolment, redeemEnrolment, renewAgentCredential, type AgentCredential, type EnrolAgent, type RenewAgent } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { ENROLMENTS } from '../tokens.ts';
import type { Enrolments } from './enrolments.ts';

@Controller()
export class EnrolmentController {
  constructor(@Inject(ENROLMENTS) private readonly enrolments: Enrolments) {}

  @OnRequest(issueEnrolment)
  issue(input: z.infer<typeof issueEnrolment.input>, context: RequestContext): Promise<{ token: string }> {
    return this.enrolments.issue(input, context);
  }

  @OnRequest(redeemEnrolment)
  redeem(input: EnrolAgent & { address: string }, context: RequestContext): Promise<AgentCredential> {
    return this.enrolments.redeem(input, context);
  }

  @OnRequest(renewAgentCredential)
  renew(input: RenewAgent & { address: string }): Promise<AgentCredential> {
    return this.enrolments.renew(input);
  }
}
