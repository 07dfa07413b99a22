/** The catalogue of what can be installed, and what was refused and why. */
import { Installer, listInstallers, RefusedInstaller, reloadInstallers } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By } from '../http/input.ts';
import { administrator, defineRoute, memberAnywhere, Route } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

/** The registry is small: one page holds it. */
const Catalogue = z.object({ items: z.array(Installer), nextCursor: z.null(), refused: z.array(RefusedInstaller) });

const list = defineRoute({ method: 'GET', path: '/api/installers', summary: 'What can be installed', rule: memberAnywhere('viewer'), reply: Catalogue });
const reload = defineRoute({ method: 'POST', path: '/api/installers/reload', summary: 'Read the installers anew', rule: administrator, reply: Catalogue });

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
}
