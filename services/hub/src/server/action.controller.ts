/** What is done with a server that is there: asked for here, answered at once, done by provisioning. */
import {
  ActionId, ActionRecord, actOnServer, cancelAction, DiskAction, listActions, listSnapshots, MaintenanceOrder, maintainServer, PageRequest, pageOf, PlainAction, protectServer, readAction, replaceDisk, Server,
  ServerId, Snapshot, SnapshotQuery, SnapshotRef,
} from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const One = z.strictObject({ id: ServerId });
const OneAction = z.strictObject({ id: ServerId, actionId: ActionId });
const [REBUILD, RESTORE] = DiskAction.options;

const act = defineRoute({ method: 'POST', path: '/api/servers/:id/actions', summary: 'Power, resize, rename, snapshots and backups of a server', rule: memberOfProject('operator'), params: One, body: PlainAction, reply: ActionRecord, status: 202 });
const list = defineRoute({ method: 'GET', path: '/api/servers/:id/actions', summary: 'What was done with a server', rule: memberOfProject('viewer'), params: One, query: z.strictObject(PageRequest), reply: pageOf(ActionRecord) });
const read = defineRoute({ method: 'GET', path: '/api/servers/:id/actions/:actionId', summary: 'One action', rule: memberOfProject('viewer'), params: OneAction, reply: ActionRecord });
const cancel = defineRoute({ method: 'DELETE', path: '/api/servers/:id/actions/:actionId', summary: 'Cancel an action that has not begun', rule: memberOfProject('operator'), params: OneAction, reply: ActionRecord });
const rebuild = defineRoute({ method: 'POST', path: '/api/servers/:id/rebuild', summary: 'Write the disk anew from an image; the agent enrols again', rule: memberOfProject('admin'), params: One, body: REBUILD.omit({ type: true }), reply: ActionRecord, status: 202 });
const restore = defineRoute({ method: 'POST', path: '/api/servers/:id/restore', summary: 'Write the disk anew from a snapshot or backup; the agent enrols again', rule: memberOfProject('admin'), params: One, body: RESTORE.omit({ type: true }), reply: ActionRecord, status: 202 });
const snapshots = defineRoute({ method: 'GET', path: '/api/servers/:id/snapshots', summary: 'Snapshots and backups of a server', rule: memberOfProject('viewer'), params: One, query: z.strictObject(SnapshotQuery), reply: pageOf(Snapshot) });
const removeSnapshot = defineRoute({ method: 'DELETE', path: '/api/servers/:id/snapshots/:ref', summary: 'Remove a snapshot', rule: memberOfProject('operator'), params: z.strictObject({ id: ServerId, ref: SnapshotRef }), reply: ActionRecord, status: 202 });
const protection = defineRoute({ method: 'POST', path: '/api/servers/:id/protection', summary: 'Protect a server from deletion, or no more', rule: memberOfProject('admin'), params: One, body: z.strictObject({ isProtected: z.boolean() }), reply: Server });
const maintenance = defineRoute({ method: 'POST', path: '/api/servers/:id/maintenance', summary: 'Begin or end the maintenance of a server', rule: memberOfProject('operator'), params: One, body: MaintenanceOrder, reply: Server });

@Controller()
export class ActionController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(act)
  act(@Input() { params, body: action }: InputOf<typeof act>, @By() visit: Visit): Promise<ActionRecord> {
    return this.requests.call(actOnServer, { ...this.#new(visit, params.id), action }, visit.carried);
  }

  @Route(list)
  list(@Input() { params, query }: InputOf<typeof list>, @By() visit: Visit) {
    return this.requests.call(listActions, { projectId: visit.projectId, serverId: params.id, ...query }, visit.carried);
  }

  @Route(read)
  read(@Input() { params }: InputOf<typeof read>, @By() visit: Visit): Promise<ActionRecord> {
    return this.requests.call(readAction, { projectId: visit.projectId, serverId: params.id, actionId: params.actionId }, visit.carried);
  }

  @Route(cancel)
  cancel(@Input() { params }: InputOf<typeof cancel>, @By() visit: Visit): Promise<ActionRecord> {
    return this.requests.call(cancelAction, { projectId: visit.projectId, serverId: params.id, actionId: params.actionId }, visit.carried);
  }

  @Route(rebuild)
  rebuild(@Input() { params, body }: InputOf<typeof rebuild>, @By() visit: Visit): Promise<ActionRecord> {
    return this.requests.call(replaceDisk, { ...this.#new(visit, params.id), action: { type: 'rebuild', ...body } }, visit.carried);
  }

  @Route(restore)
  restore(@Input() { params, body }: InputOf<typeof restore>, @By() visit: Visit): Promise<ActionRecord> {
    return this.requests.call(replaceDisk, { ...this.#new(visit, params.id), action: { type: 'restore', ...body } }, visit.carried);
  }

  @Route(snapshots)
  snapshots(@Input() { params, query }: InputOf<typeof snapshots>, @By() visit: Visit) {
    return this.requests.call(listSnapshots, { projectId: visit.projectId, serverId: params.id, ...query }, visit.carried);
  }

  @Route(removeSnapshot)
  removeSnapshot(@Input() { params }: InputOf<typeof removeSnapshot>, @By() visit: Visit): Promise<ActionRecord> {
    return this.requests.call(actOnServer, { ...this.#new(visit, params.id), action: { type: 'remove-snapshot', snapshotRef: params.ref } }, visit.carried);
  }

  @Route(protection)
  protection(@Input() { params, body }: InputOf<typeof protection>, @By() visit: Visit): Promise<Server> {
    return this.requests.call(protectServer, { projectId: visit.projectId, serverId: params.id, ...body }, visit.carried);
  }

  @Route(maintenance)
  maintenance(@Input() { params, body }: InputOf<typeof maintenance>, @By() visit: Visit): Promise<Server> {
    return this.requests.call(maintainServer, { projectId: visit.projectId, serverId: params.id, ...body }, visit.carried);
  }

  /** One Idempotency-Key for two servers asks for two actions. */
  #new(visit: Visit, serverId: ServerId) {
    return { projectId: visit.projectId, serverId, actionId: ActionId.parse(visit.newId(`action of ${serverId}`)) };
  }
}
