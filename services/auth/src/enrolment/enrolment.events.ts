/** The facts of a stream `enrolment-<serverId>`: machines, no people. */
import { AgentCloneSuspected, AgentEnrolled, AgentRevoked, Instant } from '@citrus/contracts';
import { z } from 'zod';

const aboutAttempt = { serverId: z.string(), projectId: z.string(), agentId: z.string(), attempt: z.int().positive() };
const EnrolmentIssued = z.object({ ...aboutAttempt, tokenHash: z.string(), expiresAt: Instant });
/** Somebody came with a token that another key had used: the user data got into wrong hands, or a server was copied. */
const EnrolmentRefused = z.object({ ...aboutAttempt, nkey: z.string(), address: z.string(), at: Instant.optional() });
/** The token is good for nothing any more, although nobody used it. */
const EnrolmentWithdrawn = z.object({ ...aboutAttempt, at: Instant, reason: z.string() });

export const enrolmentEvents = {
  EnrolmentIssued: { schema: EnrolmentIssued }, AgentEnrolled: { schema: AgentEnrolled }, EnrolmentRefused: { schema: EnrolmentRefused },
  EnrolmentWithdrawn: { schema: EnrolmentWithdrawn }, AgentRevoked: { schema: AgentRevoked }, AgentCloneSuspected: { schema: AgentCloneSuspected },
} as const;

type Schemas = typeof enrolmentEvents;
export type EnrolmentEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
export type EnrolmentIssued = Extract<EnrolmentEvent, { type: 'EnrolmentIssued' }>;
