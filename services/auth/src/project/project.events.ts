/** The facts of a stream `project-<id>`: what it is called and who is in it. Roles of an older release stand in the users' streams and were taken over from there. */
import { Role } from '@citrus/contracts';
import { z } from 'zod';

const ProjectCreated = z.object({ projectId: z.uuid(), name: z.string() });
const ProjectRenamed = z.object({ projectId: z.uuid(), name: z.string() });
/** The newest one about a person counts: this is how a role is changed, too. */
const MembershipGranted = z.object({ userId: z.uuid(), projectId: z.uuid(), role: Role });
/** In the project's stream, so that two owners cannot both be the last to go. */
const MembershipEnded = z.object({ projectId: z.uuid(), userId: z.uuid(), reason: z.enum(['erased', 'removed', 'left']) });

export const projectEvents = {
  ProjectCreated: { schema: ProjectCreated },
  ProjectRenamed: { schema: ProjectRenamed },
  MembershipGranted: { schema: MembershipGranted },
  MembershipEnded: { schema: MembershipEnded },
} as const;

type Schemas = typeof projectEvents;
export type ProjectEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
export type DataOf<Type extends keyof Schemas> = z.infer<Schemas[Type]['schema']>;
