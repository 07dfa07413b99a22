/** A project: what everything else belongs to. For now it is only made, once, beside the first admin, and people leave it. */
import type { Decider } from '@citrus/kit-domain';
import type { DataOf, ProjectEvent } from './project.events.ts';

export type ProjectCommand =
  | { readonly type: 'CreateProject'; readonly data: DataOf<'ProjectCreated'> }
  /** Who the members are, the users' streams know. */
  | { readonly type: 'EndMembership'; readonly data: DataOf<'MembershipEnded'> };
export type Project = { readonly status: 'none' | 'created'; readonly gone: readonly string[] };

const decide = (command: ProjectCommand, { status, gone }: Project): ProjectEvent[] => {
  switch (command.type) {
    case 'CreateProject':
      return status === 'none' ? [{ type: 'ProjectCreated', data: command.data }] : [];
    case 'EndMembership':
      return gone.includes(command.data.userId) ? [] : [{ type: 'MembershipEnded', data: command.data }];
  }
};

const evolve = (project: Project, event: ProjectEvent): Project => {
  switch (event.type) {
    case 'ProjectCreated':
      return { ...project, status: 'created' };
    case 'MembershipEnded':
      return { ...project, gone: [...project.gone, event.data.userId] };
  }
};

export const projectDecider: Decider<Project, ProjectCommand, ProjectEvent> = { initialState: { status: 'none', gone: [] }, decide, evolve };
