/** Projects: made by administrators, named by their admins. */
import { createProject, listProjects, PageRequest, pageOf, Project, ProjectId, ProjectName, renameProject } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { administrator, defineRoute, inPerson, memberAnywhere, person, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const Named = z.strictObject({ name: ProjectName });
const create = defineRoute({ method: 'POST', path: '/api/projects', summary: 'Make a project, and be its owner; with an Idempotency-Key the same one for the same key', rule: administrator, body: Named, reply: Project, status: 201 });
const list = defineRoute({ method: 'GET', path: '/api/projects', summary: 'One\'s own projects, with one\'s role; all of them for administrators', rule: person('any'), query: z.strictObject(PageRequest), reply: pageOf(Project) });
// The id stands in the address; auth asks for the role in this very project.
const rename = defineRoute({ method: 'POST', path: '/api/projects/:id/rename', summary: 'Give a project another name; for its admins', rule: inPerson(memberAnywhere('admin')), params: z.strictObject({ id: ProjectId }), body: Named, reply: Project });

@Controller()
export class ProjectController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(create)
  create(@Input() { body }: InputOf<typeof create>, @By() visit: Visit): Promise<Project> {
    return this.requests.call(createProject, { projectId: ProjectId.parse(visit.newId('project')), name: body.name }, visit.carried);
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof listProjects.reply>> {
    return this.requests.call(listProjects, query, visit.carried);
  }

  @Route(rename)
  rename(@Input() { params, body }: InputOf<typeof rename>, @By() visit: Visit): Promise<Project> {
    return this.requests.call(renameProject, { projectId: params.id, name: body.name }, visit.carried);
  }
}
