/** The requests about quotas, over NATS. */
import { listQuotas, readQuota, setQuota, type Quota } from '@citrus/contracts';
import { projectScope, Unauthenticated } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { QUOTAS } from '../tokens.ts';
import type { Quotas } from './quotas.ts';

@Controller()
export class QuotaConsumer {
  constructor(@Inject(QUOTAS) private readonly quotas: Quotas) {}

  @OnRequest(readQuota)
  read({ projectId }: z.infer<typeof readQuota.input>, { caller }: RequestContext): Promise<Quota> {
    return this.quotas.read(projectScope(caller, projectId).projectId as typeof projectId);
  }

  @OnRequest(listQuotas)
  list(page: z.infer<typeof listQuotas.input>): Promise<z.infer<typeof listQuotas.reply>> {
    return this.quotas.list(page);
  }

  @OnRequest(setQuota)
  set({ projectId, limits }: z.infer<typeof setQuota.input>, { caller, correlationId, traceparent }: RequestContext): Promise<Quota> {
    if (!caller) throw new Unauthenticated('Sign in first.');
    return this.quotas.set(projectId, limits, { actor: { kind: 'user', id: caller.userId }, correlationId, ...(traceparent !== undefined && { traceparent }) });
  }
}
