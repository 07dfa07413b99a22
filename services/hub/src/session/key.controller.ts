/** Keys that follow each other when an administrator says so. */
import { RotatedCommandKey, RotatedSigningKey, rotateCommandKey, rotateSigningKey } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { By, Input } from '../http/input.ts';
import { administrator, defineRoute, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const rotate = defineRoute({ method: 'POST', path: '/api/keys/access-tokens/rotate', summary: 'Sign access tokens with the next key from now on; nobody notices', rule: administrator, reply: RotatedSigningKey });
const rotateCommands = defineRoute({
  method: 'POST', path: '/api/keys/commands/rotate', summary: 'Sign commands to agents with the next key from now on; compromised: give both present keys up at once', rule: administrator,
  body: rotateCommandKey.input, reply: RotatedCommandKey,
});

@Controller()
export class KeyController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(rotate)
  rotate(@By() visit: Visit): Promise<RotatedSigningKey> {
    return this.requests.call(rotateSigningKey, {}, visit.carried);
  }

  @Route(rotateCommands)
  rotateCommands(@Input() { body }: InputOf<typeof rotateCommands>, @By() visit: Visit): Promise<RotatedCommandKey> {
    return this.requests.call(rotateCommandKey, body, visit.carried);
  }
}
