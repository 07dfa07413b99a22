import { readLoad } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { LOAD } from '../tokens.ts';
import type { LoadStore } from './load.store.ts';

@Controller()
export class LoadController {
  constructor(@Inject(LOAD) private readonly load: LoadStore) {}

  @OnRequest(readLoad)
  async read(asked: z.infer<typeof readLoad.input>, _context: RequestContext): Promise<z.infer<typeof readLoad.reply>> {
    return { minutes: await this.load.byMinute(asked) };
  }
}
