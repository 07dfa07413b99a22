import type { AgentEnrolled as PublicAgentEnrolled } from '@citrus/contracts';

export type EnrolmentIssued = {
  readonly type: 'EnrolmentIssued';
  readonly data: { readonly serverId: string; readonly projectId: string; readonly agentId: string; readonly attempt: number; readonly tokenHash: string; readonly expiresAt: string };
};
export type AgentEnrolled = { readonly type: 'AgentEnrolled'; readonly data: PublicAgentEnrolled };
/** Somebody came with a token that another key had used: the user data got into wrong hands, or a server was copied. */
export type EnrolmentRefused = {
  readonly type: 'EnrolmentRefused';
  readonly data: { readonly serverId: string; readonly projectId: string; readonly agentId: string; readonly attempt: number; readonly nkey: string; readonly address: string };
};
export type EnrolmentEvent = EnrolmentIssued | AgentEnrolled | EnrolmentRefused;
