/** A project: what everything else belongs to. For now it is only made, once, beside the first admin. */
import type { Decider } from '@citrus/kit-domain';

export type ProjectCreated = { readonly type: 'ProjectCreated'; readonly data: { readonly projectId: string; readonly name: string } };
type CreateProject = { readonly type: 'CreateProject'; readonly data: ProjectCreated['data'] };
type Project = { readonly status: 'none' } | { readonly status: 'created' };

export const projectDecider: Decider<Project, CreateProject, ProjectCreated> = {
  initialState: { status: 'none' },
  decide: ({ data }, project) => (project.status === 'none' ? [{ type: 'ProjectCreated', data }] : []),
  evolve: () => ({ status: 'created' }),
};
