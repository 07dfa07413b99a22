/** Who is in a project. What one member may do to another is auth's to say, by the roles as they are now. */
import { changeMemberRole, listMembers, Member, PageRequest, pageOf, ProjectId, removeMember, Role, UserId } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, inPerson, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const One = z.strictObject({ userId: UserId });
const Removed = z.object({ projectId: ProjectId, userId: UserId });

const list = defineRoute({ method: 'GET', path: '/api/members', summary: 'The people of a project', rule: memberOfProject('viewer'), query: z.strictObject(PageRequest), reply: pageOf(Member) });
const changeRole = defineRoute({
  method: 'POST', path: '/api/members/:userId/role', summary: 'Give a member another role, up to one\'s own', rule: inPerson(memberOfProject('admin')), params: One, body: z.strictObject({ role: Role }), reply: Member,
});
const remove = defineRoute({ method: 'DELETE', path: '/api/members/:userId', summary: 'Remove a member (for admins), or leave', rule: inPerson(memberOfProject('analyst')), params: One, reply: Removed });

@Controller()
export class MemberController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof listMembers.reply>> {
    return this.requests.call(listMembers, { projectId: visit.projectId, ...query }, visit.carried);
  }

  @Route(changeRole)
  changeRole(@Input() { params, body }: InputOf<typeof changeRole>, @By() visit: Visit): Promise<Member> {
    return this.requests.call(changeMemberRole, { projectId: visit.projectId, userId: params.userId, role: body.role }, visit.carried);
  }

  @Route(remove)
  remove(@Input() { params }: InputOf<typeof remove>, @By() visit: Visit): Promise<z.infer<typeof Removed>> {
    return this.requests.call(removeMember, { projectId: visit.projectId, userId: params.userId }, visit.carried);
  }
}
