/** The cloud credentials of a project. A token comes in here and is never shown again, nor kept: provisioning seals it. */
import {
  addCloud, chooseDefaultCloud, Cloud, CloudCatalog, CloudChoice, CloudId, CloudList, CloudQuery, CloudToken, listClouds, NewCloud, readCloudCatalog, removeCloud, rotateCloudToken, testCloud,
} from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const One = z.strictObject({ id: CloudId });
const OneOrInstallation = z.strictObject({ id: CloudChoice });

const list = defineRoute({ method: 'GET', path: '/api/clouds', summary: 'What the servers of a project can be made with', rule: memberOfProject('operator'), query: z.strictObject(CloudQuery), reply: CloudList });
const add = defineRoute({ method: 'POST', path: '/api/clouds', summary: 'Add a cloud by its API token, which is tested first and never shown again', rule: memberOfProject('admin'), body: NewCloud, reply: Cloud, status: 201 });
const test = defineRoute({ method: 'POST', path: '/api/clouds/:id/test', summary: 'Ask a cloud whether it accepts its API token', rule: memberOfProject('admin'), params: One, reply: Cloud });
const rotate = defineRoute({
  method: 'POST', path: '/api/clouds/:id/token', summary: 'Give a cloud another API token, which is tested before the old one is given up', rule: memberOfProject('admin'), params: One, body: z.strictObject({ token: CloudToken }), reply: Cloud,
});
const chooseDefault = defineRoute({
  method: 'POST', path: '/api/clouds/:id/default', summary: 'Make servers that name no cloud with this one from now on; installation: with the installation’s', rule: memberOfProject('admin'), params: OneOrInstallation, reply: CloudList,
});
const remove = defineRoute({ method: 'DELETE', path: '/api/clouds/:id', summary: 'Remove a cloud that no server uses, and destroy its API token', rule: memberOfProject('admin'), params: One, reply: z.object({}) });
const catalog = defineRoute({
  method: 'GET', path: '/api/clouds/:id/catalog', summary: 'Regions, sizes and images that a cloud offers now; installation: the installation’s', rule: memberOfProject('operator'), params: OneOrInstallation, reply: CloudCatalog,
});

/** The cloud itself is asked, far away. */
const patiently = ({ carried }: Visit) => ({ ...carried, timeoutMs: 25_000 });

@Controller()
export class CloudController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<CloudList> {
    return this.requests.call(listClouds, { projectId: visit.projectId, ...query }, visit.carried);
  }

  @Route(add)
  add(@Input() { body }: InputOf<typeof add>, @By() visit: Visit): Promise<Cloud> {
    return this.requests.call(addCloud, { ...body, projectId: visit.projectId, cloudId: CloudId.parse(visit.newId('cloud')) }, patiently(visit));
  }

  @Route(test)
  test(@Input() { params }: InputOf<typeof test>, @By() visit: Visit): Promise<Cloud> {
    return this.requests.call(testCloud, { projectId: visit.projectId, cloudId: params.id }, patiently(visit));
  }

  @Route(rotate)
  rotate(@Input() { params, body }: InputOf<typeof rotate>, @By() visit: Visit): Promise<Cloud> {
    return this.requests.call(rotateCloudToken, { projectId: visit.projectId, cloudId: params.id, token: body.token }, patiently(visit));
  }

  @Route(chooseDefault)
  chooseDefault(@Input() { params }: InputOf<typeof chooseDefault>, @By() visit: Visit): Promise<CloudList> {
    return this.requests.call(chooseDefaultCloud, { projectId: visit.projectId, cloudId: params.id }, visit.carried);
  }

  @Route(remove)
  remove(@Input() { params }: InputOf<typeof remove>, @By() visit: Visit): Promise<object> {
    return this.requests.call(removeCloud, { projectId: visit.projectId, cloudId: params.id }, visit.carried);
  }

  @Route(catalog)
  catalog(@Input() { params }: InputOf<typeof catalog>, @By() visit: Visit): Promise<CloudCatalog> {
    return this.requests.call(readCloudCatalog, { projectId: visit.projectId, cloudId: params.id }, patiently(visit));
  }
}
