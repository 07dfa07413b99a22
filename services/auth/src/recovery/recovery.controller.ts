import { beginRecovery, finishRecovery, type RecoveredUser, type UserId } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { callerOf } from '../command-context.ts';
import { RECOVERY } from '../tokens.ts';
import type { Recovery } from './recovery.ts';

@Controller()
export class RecoveryController {
  constructor(@Inject(RECOVERY) private readonly recovery: Recovery) {}

  @OnRequest(beginRecovery)
  begin(input: { userId: UserId }, context: RequestContext): Promise<z.infer<typeof beginRecovery.reply>> {
    return this.recovery.begin(input, callerOf(context), context);
  }

  @OnRequest(finishRecovery)
  finish(input: z.infer<typeof finishRecovery.input>, context: RequestContext): Promise<RecoveredUser> {
    return this.recovery.finish(input, context);
  }
}
