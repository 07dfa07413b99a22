/** The catalogue of what can be installed, and what was refused and why. */
import { fetchInstallerSource, Installer, InstallerAction, InstallerId, InstallerPlan, InstallerSource, InstallerSourceName, listInstallers, listInstallerSources, planInstaller, RefusedInstaller, reloadInstallers, ServerId } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { administrator, defineRoute, memberAnywhere, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

/** The registry is small: one page holds it. */
const Catalogue = z.object({ items: z.array(Installer), nextCursor: z.null(), refused: z.array(RefusedInstaller) });

const list = defineRoute({ method: 'GET', path: '/api/installers', summary: 'What can be installed', rule: memberAnywhere('viewer'), reply: Catalogue });
const reload = defineRoute({ method: 'POST', path: '/api/installers/reload', summary: 'Read the installers anew', rule: administrator, reply: Catalogue });
const Sources = z.object({ items: z.array(InstallerSource), nextCursor: z.null() });
const listSources = defineRoute({ method: 'GET', path: '/api/installers/sources', summary: 'The git repositories that installers come from, and how each stands', rule: memberAnywhere('viewer'), reply: Sources });
const fetchSource = defineRoute({ method: 'POST', path: '/api/installers/sources/:name/fetch', summary: 'Look now whether a source has another commit', rule: administrator, params: z.strictObject({ name: InstallerSourceName }), reply: InstallerSource });
const Asked = z.strictObject({ installer: InstallerId, action: InstallerAction.default('install'), inputs: z.record(z.string(), z.unknown()).default({}) });
const plan = defineRoute({ method: 'POST', path: '/api/servers/:id/plan', summary: 'What an installer\'s action would need and do on a server, without doing it', rule: memberOfProject('viewer'), params: z.strictObject({ id: ServerId }), body: Asked, reply: InstallerPlan, changesNothing: true });

@Controller()
export class InstallerController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(list)
  async list(@By() visit: Visit): Promise<z.infer<typeof Catalogue>> {
    return { ...(await this.requests.call(listInstallers, {}, visit.carried)), nextCursor: null };
  }

  @Route(reload)
  async reload(@By() visit: Visit): Promise<z.infer<typeof Catalogue>> {
    return { ...(await this.requests.call(reloadInstallers, {}, { ...visit.carried, timeoutMs: 15_000 })), nextCursor: null };
  }

  @Route(listSources)
  async listSources(@By() visit: Visit): Promise<z.infer<typeof Sources>> {
    return { ...(await this.requests.call(listInstallerSources, {}, visit.carried)), nextCursor: null };
  }

  @Route(fetchSource)
  fetchSource(@Input() { params }: InputOf<typeof fetchSource>, @By() visit: Visit): Promise<InstallerSource> {
    return this.requests.call(fetchInstallerSource, params, { ...visit.carried, timeoutMs: 15_000 });
  }

  @Route(plan)
  plan(@Input() { params, body }: InputOf<typeof plan>, @By() visit: Visit): Promise<InstallerPlan> {
    return this.requests.call(planInstaller, { projectId: visit.projectId, serverId: params.id, ...body }, visit.carried);
  }
}
