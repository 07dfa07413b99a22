/** How much a project may have made for it: read by its members, set by administrators. */
import { listQuotas, ProjectId, Quota, QuotaLimits, readQuota, setQuota } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { administrator, defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const read = defineRoute({ method: 'GET', path: '/api/quota', summary: 'How many servers the project may have and ask for, and has', rule: memberOfProject('viewer'), reply: Quota });
const list = defineRoute({ method: 'GET', path: '/api/quotas', summary: 'The projects that have a quota', rule: administrator, query: listQuotas.input, reply: listQuotas.reply });
const set = defineRoute({ method: 'POST', path: '/api/projects/:id/quota', summary: 'Set a project’s quota; null: no limit. What is there stays', rule: administrator, params: z.strictObject({ id: ProjectId }), body: QuotaLimits, reply: Quota });

@Controller()
export class QuotaController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(read)
  read(@By() visit: Visit): Promise<Quota> {
    return this.requests.call(readQuota, { projectId: visit.projectId }, visit.carried);
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof listQuotas.reply>> {
    return this.requests.call(listQuotas, query, visit.carried);
  }

  @Route(set)
  set(@Input() { params, body }: InputOf<typeof set>, @By() visit: Visit): Promise<Quota> {
    return this.requests.call(setQuota, { projectId: params.id, limits: body }, visit.carried);
  }
}
