/** Bundles: several apps as one template, and those that were asked for. */
import {
  AppBundle, BundleId, BundleOrder, BundlePlan, BundleRemoval, BundleStatus, cancelBundle, InstalledBundle, InstalledBundleId, installBundle, listBundles, listInstalledBundles, pageOf, PageRequest, planBundle, readInstalledBundle,
  RefusedBundle, retryBundle, uninstallBundle,
} from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberAnywhere, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const One = z.strictObject({ id: InstalledBundleId });
const Filter = z.strictObject({ bundle: BundleId.optional(), status: BundleStatus.optional(), ...PageRequest });

const catalogue = defineRoute({ method: 'GET', path: '/api/bundles', summary: 'The bundles of apps that can be installed, and those that were refused', rule: memberAnywhere('viewer'), reply: z.object({ items: z.array(AppBundle), refused: z.array(RefusedBundle) }) });
const plan = defineRoute({ method: 'POST', path: '/api/bundles/plan', summary: 'What a bundle would install, where, in which order and with which values', rule: memberOfProject('viewer'), body: BundleOrder, reply: BundlePlan, changesNothing: true });
const install = defineRoute({ method: 'POST', path: '/api/installed-bundles', summary: 'Install a bundle: one app after the other', rule: memberOfProject('operator'), body: BundleOrder, reply: InstalledBundle, status: 202 });
const list = defineRoute({ method: 'GET', path: '/api/installed-bundles', summary: 'The bundles of a project on its servers', rule: memberOfProject('viewer'), query: Filter, reply: pageOf(InstalledBundle) });
const read = defineRoute({ method: 'GET', path: '/api/installed-bundles/:id', summary: 'One bundle with each of its apps', rule: memberOfProject('viewer'), params: One, reply: InstalledBundle });
const cancel = defineRoute({ method: 'POST', path: '/api/installed-bundles/:id/cancel', summary: 'Cancel what runs and begin no further app', rule: memberOfProject('operator'), params: One, reply: InstalledBundle });
const retry = defineRoute({ method: 'POST', path: '/api/installed-bundles/:id/retry', summary: 'Go on from what failed or was cancelled, with the same inputs', rule: memberOfProject('operator'), params: One, reply: InstalledBundle });
const uninstall = defineRoute({ method: 'POST', path: '/api/installed-bundles/:id/uninstall', summary: 'Remove the apps of a bundle, the last one first', rule: memberOfProject('operator'), params: One, body: BundleRemoval, reply: InstalledBundle });

@Controller()
export class BundleController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(catalogue)
  catalogue(@By() visit: Visit) {
    return this.requests.call(listBundles, {}, visit.carried);
  }

  @Route(plan)
  plan(@Input() { body }: InputOf<typeof plan>, @By() visit: Visit): Promise<BundlePlan> {
    return this.requests.call(planBundle, { projectId: visit.projectId, ...body }, visit.carried);
  }

  @Route(install)
  install(@Input() { body }: InputOf<typeof install>, @By() visit: Visit): Promise<InstalledBundle> {
    return this.requests.call(installBundle, { projectId: visit.projectId, installedBundleId: InstalledBundleId.parse(visit.newId('bundle')), ...body }, visit.carried);
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit) {
    return this.requests.call(listInstalledBundles, { projectId: visit.projectId, ...query }, visit.carried);
  }

  @Route(read)
  read(@Input() { params }: InputOf<typeof read>, @By() visit: Visit): Promise<InstalledBundle> {
    return this.requests.call(readInstalledBundle, this.#one(params, visit), visit.carried);
  }

  @Route(cancel)
  cancel(@Input() { params }: InputOf<typeof cancel>, @By() visit: Visit): Promise<InstalledBundle> {
    return this.requests.call(cancelBundle, this.#one(params, visit), visit.carried);
  }

  @Route(retry)
  retry(@Input() { params }: InputOf<typeof retry>, @By() visit: Visit): Promise<InstalledBundle> {
    return this.requests.call(retryBundle, this.#one(params, visit), visit.carried);
  }

  @Route(uninstall)
  uninstall(@Input() { params, body }: InputOf<typeof uninstall>, @By() visit: Visit): Promise<InstalledBundle> {
    return this.requests.call(uninstallBundle, { ...this.#one(params, visit), ...body }, visit.carried);
  }

  #one({ id }: z.infer<typeof One>, { projectId }: Visit) {
    return { projectId, installedBundleId: id };
  }
}
