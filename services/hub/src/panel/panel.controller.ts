import { NotFound } from '@citrus/kit-domain';
import { CONFIG, StartRefused } from '@citrus/kit-service';
import { Controller, Inject, Req, Res, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readFile } from 'node:fs/promises';
import type { HubConfig } from '../config.ts';
import { anyone, defineRoute, Route } from '../http/route.ts';
import { listPanel, panelFileFor, type PanelFile } from './panel-files.ts';

const panel = defineRoute({ method: 'GET', path: '/*', summary: 'The web panel', rule: anyone('the panel is public; what it shows is asked for with a session'), produces: 'text/html' });

@Controller()
export class PanelController implements OnModuleInit {
  #files: ReadonlyMap<string, PanelFile> = new Map();

  constructor(@Inject(CONFIG) private readonly config: HubConfig) {}

  async onModuleInit(): Promise<void> {
    const directory = this.config.CITRUS_PANEL_DIR;
    try {
      this.#files = await listPanel(directory);
    } catch (cause) {
      throw new StartRefused(`The panel's folder ${directory} cannot be read; build the panel (npm start does) or correct CITRUS_PANEL_DIR.`, { cause });
    }
    if (!this.#files.has('/index.html')) throw new StartRefused(`There is no index.html in ${directory}; build the panel (npm start does) or correct CITRUS_PANEL_DIR.`);
  }

  @Route(panel)
  async file(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const found = panelFileFor(this.#files, request.url.split('?', 1)[0] ?? '/');
    if (!found) throw new NotFound('route.unknown', 'There is nothing at this address.');
    await reply.headers({ 'content-type': found.type, 'cache-control': found.cacheControl }).send(await readFile(found.file));
  }
}
