/** Credentials as the log tells them now, and commands to them. The log and not the read model: a token that was given up a moment ago must not be used. */
import type { Actor, CloudId } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import { newId, type EventStore } from '@citrus/kit-event-store';
import { credentialDecider, type CredentialCommand, type CredentialState } from './credential.decider.ts';
import { credentialStreamOf, projectCloudStreamOf, type CredentialEvent, type DefaultCloudEvent } from './credential.events.ts';

export type CredentialOrigin = { readonly actor: Actor; readonly projectId: string; readonly correlationId: string; readonly traceparent?: string };
export type Executed = { readonly state: CredentialState; readonly events: readonly CredentialEvent[]; readonly position: number };

export type CredentialLog = {
  load(credentialId: string): Promise<CredentialState>;
  /** Null: the installation's cloud. */
  defaultOf(projectId: string): Promise<CloudId | null>;
  execute(command: CredentialCommand, origin: CredentialOrigin): Promise<Executed>;
  chooseDefault(event: DefaultCloudEvent, origin: CredentialOrigin): Promise<{ readonly position: number }>;
};

export const openCredentialLog = (store: EventStore): CredentialLog => {
  const defaultOf: CredentialLog['defaultOf'] = async (projectId) => {
    const { events } = await store.load(projectCloudStreamOf(projectId));
    const last = events.at(-1) as unknown as DefaultCloudEvent | undefined;
    return last?.data.credentialId ?? null;
  };
  return {
    load: async (credentialId) => fold(credentialDecider, (await store.load(credentialStreamOf(credentialId))).events as unknown as CredentialEvent[]),
    defaultOf,
    execute: (command, origin) =>
      store.update<CredentialState, CredentialEvent>(credentialStreamOf(command.data.credentialId), credentialDecider, (credential) => credentialDecider.decide(command, credential), { ...origin, commandId: newId() }),
    chooseDefault: async (event, origin) => {
      const { projectId, credentialId } = event.data;
      if ((await defaultOf(projectId)) === credentialId) return { position: 0 };
      return store.append({ stream: projectCloudStreamOf(projectId), expected: 'any', events: [event], context: { ...origin, commandId: newId() } });
    },
  };
};
