import { readServerLoads, readServerSamples } from '@citrus/contracts';
import { projectScope } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { SAMPLES } from '../tokens.ts';
import type { SampleStore } from './sample.store.ts';

@Controller()
export class SampleController {
  constructor(@Inject(SAMPLES) private readonly samples: SampleStore) {}

  @OnRequest(readServerSamples)
  async ofServer({ projectId, ...asked }: z.infer<typeof readServerSamples.input>, { caller }: RequestContext): Promise<z.infer<typeof readServerSamples.reply>> {
    return await this.samples.ofServer(projectScope(caller, projectId), asked);
  }

  @OnRequest(readServerLoads)
  async loads({ projectId, serverIds }: z.infer<typeof readServerLoads.input>, { caller }: RequestContext): Promise<z.infer<typeof readServerLoads.reply>> {
    return { items: await this.samples.loadsOf(projectScope(caller, projectId), serverIds) };
  }
}
