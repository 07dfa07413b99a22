/** The audit as auth keeps it; see `audited.ts` for what the hub itself tells it. */
import { AuditFilter, readAudit, readInstallationAudit } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { administrator, defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const Filter = z.strictObject(AuditFilter);

const ofProject = defineRoute({ method: 'GET', path: '/api/audit', summary: 'Who did what in a project, and what was refused', rule: memberOfProject('admin'), query: Filter, reply: readAudit.reply });
const ofInstallation = defineRoute({ method: 'GET', path: '/api/audit/installation', summary: 'The audit of all projects, of sign-ins, strangers and agents', rule: administrator, query: Filter, reply: readInstallationAudit.reply });

@Controller()
export class AuditController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(ofProject)
  ofProject(@Input() { query }: InputOf<typeof ofProject>, @By() visit: Visit) {
    return this.requests.call(readAudit, { projectId: visit.projectId, ...query }, visit.carried);
  }

  @Route(ofInstallation)
  ofInstallation(@Input() { query }: InputOf<typeof ofInstallation>, @By() visit: Visit) {
    return this.requests.call(readInstallationAudit, query, visit.carried);
  }
}
