import { RotatedSigningKey, rotateSigningKey } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { By } from '../http/input.ts';
import { administrator, defineRoute, Route } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const rotate = defineRoute({ method: 'POST', path: '/api/keys/access-tokens/rotate', summary: 'Sign access tokens with the next key from now on; nobody notices', rule: administrator, reply: RotatedSigningKey });

@Controller()
export class KeyController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(rotate)
  rotate(@By() visit: Visit): Promise<RotatedSigningKey> {
    return this.requests.call(rotateSigningKey, {}, visit.carried);
  }
}
