import { changeMemberRole, createProject, listMembers, listProjects, removeMember, renameProject, type Member, type Project, type ProjectId, type UserId } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { callerOf } from '../command-context.ts';
import { PEOPLE, PROJECTS } from '../tokens.ts';
import type { People } from '../user/people.store.ts';
import type { Projects } from './projects.ts';

@Controller()
export class ProjectController {
  constructor(
    @Inject(PROJECTS) private readonly projects: Projects,
    @Inject(PEOPLE) private readonly people: People,
  ) {}

  @OnRequest(createProject)
  create(input: z.infer<typeof createProject.input>, context: RequestContext): Promise<Project> {
    return this.projects.create(input, callerOf(context), context);
  }

  @OnRequest(listProjects)
  list(input: z.infer<typeof listProjects.input>, context: RequestContext): Promise<z.infer<typeof listProjects.reply>> {
    return this.projects.list(input, callerOf(context));
  }

  @OnRequest(renameProject)
  rename(input: z.infer<typeof renameProject.input>, context: RequestContext): Promise<Project> {
    return this.projects.rename(input, callerOf(context), context);
  }

  @OnRequest(listMembers)
  listMembers({ projectId, ...page }: z.infer<typeof listMembers.input>): Promise<z.infer<typeof listMembers.reply>> {
    return this.people.membersOf(projectId, page);
  }

  @OnRequest(changeMemberRole)
  changeRole(input: z.infer<typeof changeMemberRole.input>, context: RequestContext): Promise<Member> {
    return this.projects.changeRole(input, callerOf(context), context);
  }

  @OnRequest(removeMember)
  remove(input: z.infer<typeof removeMember.input>, context: RequestContext): Promise<{ projectId: ProjectId; userId: UserId }> {
    return this.projects.remove(input, callerOf(context), context);
  }
}
