import { OFFLINE_AFTER_MS, readExposition } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { CLOCK } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { ActivityStore } from '../activity/activity.store.ts';
import type { SampleStore } from '../sample/sample.store.ts';
import { ACTIVITY, SAMPLES } from '../tokens.ts';
import { exposition } from './exposition.ts';

@Controller()
export class ExpositionController {
  constructor(
    @Inject(SAMPLES) private readonly samples: SampleStore,
    @Inject(ACTIVITY) private readonly activity: ActivityStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @OnRequest(readExposition)
  async read(_input: object, _context: RequestContext): Promise<{ text: string }> {
    const since = new Date(this.clock().getTime() - OFFLINE_AFTER_MS);
    const [jobs, machines] = await Promise.all([this.activity.countJobs(), this.samples.sums(since)]);
    return { text: await exposition({ jobs, machines }) };
  }
}
