import { readAudit, readInstallationAudit, type ProjectId } from '@citrus/contracts';
import { internalScope, projectScope } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import { AUDIT_STORE } from '../tokens.ts';
import type { Asked, AuditStore } from './audit.store.ts';

@Controller()
export class AuditController {
  constructor(@Inject(AUDIT_STORE) private readonly audit: AuditStore) {}

  @OnRequest(readAudit)
  ofProject({ projectId, ...asked }: { projectId: ProjectId } & Asked, { caller }: RequestContext) {
    return this.audit.list(projectScope(caller, projectId), asked);
  }

  @OnRequest(readInstallationAudit)
  ofInstallation(asked: Asked) {
    return this.audit.list(internalScope('an administrator reads the audit of the whole installation'), asked);
  }
}
