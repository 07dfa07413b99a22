/** The facts of a stream `project-<id>`. */
import { z } from 'zod';

const ProjectCreated = z.object({ projectId: z.uuid(), name: z.string() });
/** The person was forgotten and is no longer a member. In the project's stream, so that two owners cannot both be the last to go. */
const MembershipEnded = z.object({ projectId: z.uuid(), userId: z.uuid(), reason: z.enum(['erased']) });

export const projectEvents = { ProjectCreated: { schema: ProjectCreated }, MembershipEnded: { schema: MembershipEnded } } as const;

type Schemas = typeof projectEvents;
export type ProjectEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
export type DataOf<Type extends keyof Schemas> = z.infer<Schemas[Type]['schema']>;
