/** People. Who may have whom forgotten is auth's to say: the hub knows nobody. */
import { ErasedUser, eraseUser, UserId } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, person, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const One = z.strictObject({ id: UserId });
const erase = defineRoute({
  method: 'DELETE', path: '/api/users/:id/personal-data', rule: person('session'), params: One, reply: ErasedUser,
  summary: 'Forget a person, for good: oneself, or as an administrator of the installation',
});

/** Longer than the keyring's own time to answer: the caller should hear what became of it. */
const TIMEOUT_MS = 15_000;

@Controller()
export class UserController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(erase)
  erase(@Input() { params }: InputOf<typeof erase>, @By() visit: Visit): Promise<ErasedUser> {
    return this.requests.call(eraseUser, { userId: params.id }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }
}
