/** The first person, everybody, and who runs the installation. */
import { claimInstallation, ClaimInstallation, grantAdministrator, listUsers, PageRequest, pageOf, revokeAdministrator, User, UserId } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { administrator, anyone, defineRoute, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const One = z.strictObject({ id: UserId });

const claim = defineRoute({
  method: 'POST', path: '/api/claim', summary: 'Become the first owner, with the token that auth tells on its console', rule: anyone('there is nobody yet; the token on auth\'s console is the proof'),
  body: ClaimInstallation, reply: claimInstallation.reply, isLimited: true,
});
const users = defineRoute({ method: 'GET', path: '/api/users', summary: 'Everybody, with their projects', rule: administrator, query: z.strictObject(PageRequest), reply: pageOf(User) });
const grant = defineRoute({ method: 'POST', path: '/api/users/:id/administrator', summary: 'Make somebody an administrator of the installation', rule: administrator, params: One, reply: grantAdministrator.reply });
const revoke = defineRoute({ method: 'DELETE', path: '/api/users/:id/administrator', summary: 'Take that away again; the last one stays', rule: administrator, params: One, reply: grantAdministrator.reply });

type Administers = z.infer<typeof grantAdministrator.reply>;
/** A password is hashed on the way, which takes a moment. */
const TIMEOUT_MS = 10_000;

@Controller()
export class InstallationController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(claim)
  claim(@Input() { body }: InputOf<typeof claim>, @By() visit: Visit): Promise<z.infer<typeof claimInstallation.reply>> {
    return this.requests.call(claimInstallation, { ...body, address: visit.address }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(users)
  users(@Input() { query }: InputOf<typeof users>, @By() visit: Visit): Promise<z.infer<typeof listUsers.reply>> {
    return this.requests.call(listUsers, query, visit.carried);
  }

  @Route(grant)
  grant(@Input() { params }: InputOf<typeof grant>, @By() visit: Visit): Promise<Administers> {
    return this.requests.call(grantAdministrator, { userId: params.id }, visit.carried);
  }

  @Route(revoke)
  revoke(@Input() { params }: InputOf<typeof revoke>, @By() visit: Visit): Promise<Administers> {
    return this.requests.call(revokeAdministrator, { userId: params.id }, visit.carried);
  }
}
