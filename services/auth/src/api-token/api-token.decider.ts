/** An API token's life: made once, ended once. What its holder may do is looked up whenever it is used. */
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { ApiTokenEvent, DataOf } from './api-token.events.ts';

export type ApiTokenCommand =
  | { readonly type: 'CreateApiToken'; readonly data: DataOf<'ApiTokenCreated'> }
  | { readonly type: 'EndApiToken'; readonly data: { readonly reason: DataOf<'ApiTokenEnded'>['reason'] } };
export type ApiTokenState = { readonly status: 'none' } | { readonly status: 'good'; readonly tokenId: string; readonly userId: string } | { readonly status: 'ended' };

const decide = (command: ApiTokenCommand, token: ApiTokenState): ApiTokenEvent[] => {
  switch (command.type) {
    case 'CreateApiToken':
      if (token.status !== 'none') throw new Refusal('api_token.exists', 'This API token was made before.');
      return [{ type: 'ApiTokenCreated', data: command.data }];
    case 'EndApiToken':
      return token.status === 'good' ? [{ type: 'ApiTokenEnded', data: { tokenId: token.tokenId, userId: token.userId, reason: command.data.reason } }] : [];
  }
};

const evolve = (_token: ApiTokenState, event: ApiTokenEvent): ApiTokenState => {
  switch (event.type) {
    case 'ApiTokenCreated':
      return { status: 'good', tokenId: event.data.tokenId, userId: event.data.userId };
    case 'ApiTokenEnded':
      return { status: 'ended' };
  }
};

export const apiTokenDecider: Decider<ApiTokenState, ApiTokenCommand, ApiTokenEvent> = { initialState: { status: 'none' }, decide, evolve };
