/** Apps on servers: which there are, and changing them safely. */
import { actOnApp, App, AppChange, AppFilter, AppOrder, ChangeId, changeApp, ChangeOrder, InstallerId, Job, JobId, listApps, pageOf, readApp, readAppChange, ServerId } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const Filter = z.strictObject(AppFilter);
const OnServer = z.strictObject({ id: ServerId });
const One = z.strictObject({ id: ServerId, installer: InstallerId });
const OneChange = One.extend({ changeId: ChangeId });

const list = defineRoute({ method: 'GET', path: '/api/apps', summary: 'The apps on all servers of a project', rule: memberOfProject('viewer'), query: Filter, reply: pageOf(App) });
const listOnServer = defineRoute({ method: 'GET', path: '/api/servers/:id/apps', summary: 'The apps on a server, and removed ones that could be restored', rule: memberOfProject('viewer'), params: OnServer, query: Filter, reply: pageOf(App) });
const read = defineRoute({ method: 'GET', path: '/api/servers/:id/apps/:installer', summary: 'One app with its health, backups and last change', rule: memberOfProject('viewer'), params: One, reply: App });
const change = defineRoute({ method: 'POST', path: '/api/servers/:id/apps/:installer/changes', summary: 'Upgrade, reconfigure or uninstall an app: backup first, health check after, and back when it fails', rule: memberOfProject('operator'), params: One, body: ChangeOrder, reply: AppChange, status: 202 });
const readChange = defineRoute({ method: 'GET', path: '/api/servers/:id/apps/:installer/changes/:changeId', summary: 'How a change of an app stands', rule: memberOfProject('viewer'), params: OneChange, reply: AppChange });
const act = defineRoute({ method: 'POST', path: '/api/servers/:id/apps/:installer/jobs', summary: 'Check the health of an app, back it up, or restore a backup', rule: memberOfProject('operator'), params: One, body: AppOrder, reply: Job, status: 202 });

@Controller()
export class AppController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit) {
    return this.requests.call(listApps, { projectId: visit.projectId, ...query }, visit.carried);
  }

  @Route(listOnServer)
  listOnServer(@Input() { params, query }: InputOf<typeof listOnServer>, @By() visit: Visit) {
    return this.requests.call(listApps, { projectId: visit.projectId, serverId: params.id, ...query }, visit.carried);
  }

  @Route(read)
  read(@Input() { params }: InputOf<typeof read>, @By() visit: Visit): Promise<App> {
    return this.requests.call(readApp, this.#one(params, visit), visit.carried);
  }

  @Route(change)
  change(@Input() { params, body }: InputOf<typeof change>, @By() visit: Visit): Promise<AppChange> {
    const changeId = ChangeId.parse(visit.newId(`change of ${params.installer} on ${params.id}`));
    return this.requests.call(changeApp, { ...this.#one(params, visit), changeId, ...body }, visit.carried);
  }

  @Route(readChange)
  readChange(@Input() { params }: InputOf<typeof readChange>, @By() visit: Visit): Promise<AppChange> {
    return this.requests.call(readAppChange, { ...this.#one(params, visit), changeId: params.changeId }, visit.carried);
  }

  @Route(act)
  act(@Input() { params, body }: InputOf<typeof act>, @By() visit: Visit): Promise<Job> {
    const jobId = JobId.parse(visit.newId(`job of ${params.installer} on ${params.id}`));
    return this.requests.call(actOnApp, { ...this.#one(params, visit), jobId, ...body }, visit.carried);
  }

  #one({ id, installer }: z.infer<typeof One>, { projectId }: Visit) {
    return { projectId, serverId: id, installer };
  }
}
