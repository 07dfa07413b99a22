/** A user of one project that is a program. What it may do stands here and nowhere else: it has no other membership. */
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { DataOf, ServiceAccountEvent } from './service-account.events.ts';

export type ServiceAccountCommand =
  | { readonly type: 'CreateServiceAccount'; readonly data: DataOf<'ServiceAccountCreated'> }
  | { readonly type: 'RemoveServiceAccount'; readonly data: DataOf<'ServiceAccountRemoved'> };
type Data = DataOf<'ServiceAccountCreated'>;
export type ServiceAccountState = { readonly status: 'none' } | ({ readonly status: 'there' } & Data) | { readonly status: 'removed'; readonly projectId: string };

const isSame = (one: Data, { projectId, name, role }: Data): boolean => one.projectId === projectId && one.name === name && one.role === role;

const decide = (command: ServiceAccountCommand, account: ServiceAccountState): ServiceAccountEvent[] => {
  switch (command.type) {
    case 'CreateServiceAccount':
      if (account.status === 'none') return [{ type: 'ServiceAccountCreated', data: command.data }];
      if (account.status === 'there' && isSame(account, command.data)) return [];
      throw new Refusal('service_account.exists', 'There is, or was, another service account with this id. Use a new Idempotency-Key for another one.');
    case 'RemoveServiceAccount':
      if (account.status === 'none' || account.projectId !== command.data.projectId) throw new Refusal('service_account.unknown', 'There is no such service account in this project.');
      return account.status === 'there' ? [{ type: 'ServiceAccountRemoved', data: command.data }] : [];
  }
};

const evolve = (_account: ServiceAccountState, event: ServiceAccountEvent): ServiceAccountState => {
  switch (event.type) {
    case 'ServiceAccountCreated':
      return { status: 'there', ...event.data };
    case 'ServiceAccountRemoved':
      return { status: 'removed', projectId: event.data.projectId };
  }
};

export const serviceAccountDecider: Decider<ServiceAccountState, ServiceAccountCommand, ServiceAccountEvent> = { initialState: { status: 'none' }, decide, evolve };
