/**
 * The script that puts the agent on a machine, as the agent's build left it. It holds no secret: the token comes with the
 * command that pipes this script into a shell. It is the very file that droplets fetch by its digest.
 */
import { Digest } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { CONFIG } from '@citrus/kit-service';
import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { HubConfig } from '../config.ts';
import { anyone, defineRoute, Route } from '../http/route.ts';

const INSTALL_SCRIPT = 'install.sh';
const Index = z.object({ [INSTALL_SCRIPT]: z.object({ digest: Digest }) });

const script = defineRoute({
  method: 'GET', path: '/api/agents/install.sh', summary: 'The script that installs the agent', rule: anyone('a public program; machines fetch it before they have an identity'),
  produces: 'text/x-shellscript',
});

@Controller()
export class InstallScriptController {
  readonly #directory: string;

  constructor(@Inject(CONFIG) config: HubConfig) {
    this.#directory = config.CITRUS_ARTIFACTS_DIR;
  }

  /** The index is read each time: a new build needs no restart. */
  @Route(script)
  async script(@Res() reply: FastifyReply): Promise<void> {
    await reply.headers({ 'content-type': 'text/x-shellscript; charset=utf-8', 'cache-control': 'no-cache' }).send(await this.#read());
  }

  async #read(): Promise<string> {
    try {
      const index = Index.parse(JSON.parse(await readFile(join(this.#directory, 'index.json'), 'utf8')));
      return await readFile(join(this.#directory, index[INSTALL_SCRIPT].digest.slice('sha256:'.length)), 'utf8');
    } catch (cause) {
      throw new Unavailable('The agent has not been built here yet, so no machine can join. Build it with agent/build.ts.', { cause });
    }
  }
}
