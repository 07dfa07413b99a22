/** The keys that commands are signed with: who asks for them, and how one follows another. */
import { readCommandKeys, rotateCommandKey } from '@citrus/contracts';
import { OnRequest, type Logger, type RequestContext } from '@citrus/kit-messaging';
import { LOGGER } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { userActor } from '../actors.ts';
import { COMMAND_KEYS } from '../tokens.ts';
import type { CommandKeys } from './command-keys.ts';

@Controller()
export class KeysController {
  constructor(
    @Inject(COMMAND_KEYS) private readonly keys: CommandKeys,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @OnRequest(readCommandKeys)
  async published(_input: object, _context: RequestContext): Promise<z.infer<typeof readCommandKeys.reply>> {
    return { keys: await this.keys.published() };
  }

  @OnRequest(rotateCommandKey)
  async rotate(input: z.infer<typeof rotateCommandKey.input>, context: RequestContext): Promise<z.infer<typeof rotateCommandKey.reply>> {
    const rotated = await this.keys.rotate(input);
    this.logger.warn({ event: 'command_key.rotated', user_id: userActor(context.caller).id, ...input, ...rotated }, 'another key signs commands now');
    return rotated;
  }
}
