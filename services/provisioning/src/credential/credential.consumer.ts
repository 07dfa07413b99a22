/** The requests about cloud credentials that people make, over NATS. One of another project is not there for the caller. */
import {
  addCloud, chooseDefaultCloud, listClouds, readCloudCatalog, removeCloud, rotateCloudToken, testCloud, type Cloud, type CloudCatalog, type CloudChoice, type CloudId, type CloudList, type ProjectId,
} from '@citrus/contracts';
import { projectScope, Unauthenticated } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { CREDENTIALS } from '../tokens.ts';
import type { CredentialOrigin } from './credential-log.ts';
import type { Credentials, One } from './credentials.ts';

type Asked = { readonly projectId: ProjectId; readonly cloudId: CloudId };

const originOf = ({ caller, correlationId, traceparent }: RequestContext, projectId: ProjectId): CredentialOrigin => {
  if (!caller) throw new Unauthenticated('Sign in first.');
  return { actor: { kind: 'user', id: caller.userId }, projectId, correlationId, ...(traceparent !== undefined && { traceparent }) };
};

const oneOf = ({ projectId, cloudId }: Asked, context: RequestContext): One => ({ scope: projectScope(context.caller, projectId), cloudId, origin: originOf(context, projectId) });

@Controller()
export class CredentialConsumer {
  constructor(@Inject(CREDENTIALS) private readonly credentials: Credentials) {}

  @OnRequest(addCloud)
  add({ projectId, cloudId, ...wanted }: z.infer<typeof addCloud.input>, context: RequestContext): Promise<Cloud> {
    return this.credentials.add(wanted, oneOf({ projectId, cloudId }, context));
  }

  @OnRequest(listClouds)
  list({ projectId, ...asked }: z.infer<typeof listClouds.input>, { caller }: RequestContext): Promise<CloudList> {
    return this.credentials.list(projectScope(caller, projectId), asked);
  }

  @OnRequest(testCloud)
  test(input: Asked, context: RequestContext): Promise<Cloud> {
    return this.credentials.test(oneOf(input, context));
  }

  @OnRequest(rotateCloudToken)
  rotate({ token, ...one }: Asked & { token: string }, context: RequestContext): Promise<Cloud> {
    return this.credentials.rotate(token, oneOf(one, context));
  }

  @OnRequest(chooseDefaultCloud)
  chooseDefault({ projectId, cloudId }: { projectId: ProjectId; cloudId: CloudChoice }, context: RequestContext): Promise<CloudList> {
    return this.credentials.chooseDefault(cloudId, projectScope(context.caller, projectId), originOf(context, projectId));
  }

  @OnRequest(removeCloud)
  async remove(input: Asked, context: RequestContext): Promise<Record<string, never>> {
    await this.credentials.remove(oneOf(input, context));
    return {};
  }

  @OnRequest(readCloudCatalog)
  catalog({ projectId, cloudId }: { projectId: ProjectId; cloudId: CloudChoice }, { caller }: RequestContext): Promise<CloudCatalog> {
    return this.credentials.catalog(cloudId, projectScope(caller, projectId));
  }
}
