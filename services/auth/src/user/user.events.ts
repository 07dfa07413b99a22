import type { Role } from '@citrus/contracts';

export type UserCreated = {
  readonly type: 'UserCreated';
  /** The password's argon2id hash, sealed with the master key: events are copied to many places. */
  readonly data: { readonly userId: string; readonly email: string; readonly name: string; readonly sealedPassword: string };
};
export type MembershipGranted = { readonly type: 'MembershipGranted'; readonly data: { readonly userId: string; readonly projectId: string; readonly role: Role } };
export type UserEvent = UserCreated | MembershipGranted;
