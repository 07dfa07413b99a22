/**
 * What may happen to a webhook. Whether its address can be called is found out before, by the door to the outside; here
 * stands which address and which secrets count, and whether anything is sent at all.
 */
import type { WebhookId } from '@citrus/contracts';
import { NotFound, Refusal, type Decider } from '@citrus/kit-domain';
import type { ChangedWebhook, CreatedWebhook, RotatedWebhook, WebhookEvent } from './webhook.events.ts';

export type OldSecret = { readonly secretId: string; readonly until: string };
export type KnownWebhook = {
  readonly status: 'active' | 'paused';
  readonly webhookId: WebhookId; readonly projectId: string;
  readonly description: string; readonly host: string; readonly addressId: string; readonly types: readonly string[];
  readonly secretId: string;
  /** The one before, while it is still signed with. */
  readonly oldSecret: OldSecret | null;
};
export type WebhookState = { readonly status: 'none' } | KnownWebhook | { readonly status: 'deleted'; readonly projectId: string };

export type CreateWebhook = { type: 'CreateWebhook'; data: CreatedWebhook };
export type WebhookCommand =
  | CreateWebhook
  | { type: 'ChangeWebhook'; data: Omit<ChangedWebhook, 'webhookId'> }
  /** `reason`: why Citrus does it by itself. */
  | { type: 'PauseWebhook'; data: { reason: string | null; at: string } }
  | { type: 'ResumeWebhook'; data: { at: string } }
  | { type: 'RotateSecret'; data: Pick<RotatedWebhook, 'secretId' | 'replacedUntil' | 'at'> }
  | { type: 'DeleteWebhook'; data: { at: string } };

export const unknownWebhook = (): NotFound => new NotFound('webhook.unknown', 'There is no such webhook in this project.');

export const reusedKey = (): Refusal => new Refusal('idempotency.reused', 'This Idempotency-Key was used for another webhook. Choose a new one.');

const isSameList = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((item, index) => item === b[index]);

/** The address and the secret were sealed anew for the second wish, so those are not compared. */
const create = ({ data }: CreateWebhook, state: WebhookState): WebhookEvent[] => {
  if (state.status === 'none') return [{ type: 'WebhookCreated', data }];
  const isSame = state.status !== 'deleted' && state.projectId === data.projectId && state.host === data.host && state.description === data.description && isSameList(state.types, data.types);
  if (isSame) return [];
  throw reusedKey();
};

const change = (data: Omit<ChangedWebhook, 'webhookId'>, state: KnownWebhook): WebhookEvent[] => {
  const isSame = state.addressId === data.addressId && state.description === data.description && isSameList(state.types, data.types);
  return isSame ? [] : [{ type: 'WebhookChanged', data: { webhookId: state.webhookId, ...data } }];
};

const known = (command: Exclude<WebhookCommand, CreateWebhook>, state: KnownWebhook): WebhookEvent[] => {
  const { webhookId, status } = state;
  switch (command.type) {
    case 'ChangeWebhook': return change(command.data, state);
    case 'PauseWebhook': return status === 'paused' ? [] : [{ type: 'WebhookPaused', data: { webhookId, ...command.data } }];
    case 'ResumeWebhook': return status === 'active' ? [] : [{ type: 'WebhookResumed', data: { webhookId, ...command.data } }];
    case 'RotateSecret': return state.secretId === command.data.secretId ? [] : [{ type: 'WebhookSecretRotated', data: { webhookId, replaces: state.secretId, ...command.data } }];
    case 'DeleteWebhook': return [{ type: 'WebhookDeleted', data: { webhookId, ...command.data } }];
  }
};

/** What our own work says late about a webhook that is gone is no news; people are told that it is gone. */
const gone = ({ type, data }: Exclude<WebhookCommand, CreateWebhook>): WebhookEvent[] => {
  if (type === 'DeleteWebhook' || (type === 'PauseWebhook' && data.reason !== null)) return [];
  throw unknownWebhook();
};

const decide = (command: WebhookCommand, state: WebhookState): WebhookEvent[] => {
  if (command.type === 'CreateWebhook') return create(command, state);
  if (state.status === 'none') throw unknownWebhook();
  return state.status === 'deleted' ? gone(command) : known(command, state);
};

const evolve = (state: WebhookState, event: WebhookEvent): WebhookState => {
  if (event.type === 'WebhookCreated') {
    const { webhookId, projectId, description, host, addressId, types, secretId } = event.data;
    return { status: 'active', webhookId, projectId, description, host, addressId, types, secretId, oldSecret: null };
  }
  if (state.status === 'none' || state.status === 'deleted') return state;
  switch (event.type) {
    case 'WebhookChanged': {
      const { description, host, addressId, types } = event.data;
      return { ...state, description, host, addressId, types };
    }
    case 'WebhookPaused': return { ...state, status: 'paused' };
    case 'WebhookResumed': return { ...state, status: 'active' };
    case 'WebhookSecretRotated': return { ...state, secretId: event.data.secretId, oldSecret: { secretId: event.data.replaces, until: event.data.replacedUntil } };
    case 'WebhookDeleted': return { status: 'deleted', projectId: state.projectId };
  }
};

export const webhookDecider: Decider<WebhookState, WebhookCommand, WebhookEvent> = { initialState: { status: 'none' }, decide, evolve };

/** The sealed rows that it needs at this instant; every other one of its rows may be destroyed. */
export const neededRows = (state: WebhookState, now: string): string[] =>
  state.status === 'none' || state.status === 'deleted' ? [] : [state.addressId, state.secretId, ...(state.oldSecret && state.oldSecret.until > now ? [state.oldSecret.secretId] : [])];
