/** Every event that this service's log has or has had. What others go by stands in contracts. */
import { PUBLIC_EVENTS, type EventCatalogue, type EventDefinition } from '@citrus/contracts';
import { OrderWithdrawn, ServerOrdered } from './catalog/order.events.ts';
import { groupCatalogue, type GroupEventType } from './group/group.events.ts';
import { credentialEvents, DefaultCloudChosen, type CredentialEventType } from './credential/credential.events.ts';
import { quotaEvents, type QuotaEventType } from './quota/quota.events.ts';
import { serverEvents, type ServerEventType } from './server/server.events.ts';

export const privateEvents = {
  DropletCreateIntended: { schema: serverEvents.DropletCreateIntended },
  DropletCreateRefused: { schema: serverEvents.DropletCreateRefused },
  DropletCreateUnknown: { schema: serverEvents.DropletCreateUnknown },
  DropletCreateLost: { schema: serverEvents.DropletCreateLost },
  StrayDropletFound: { schema: serverEvents.StrayDropletFound },
  StraysRuledOut: { schema: serverEvents.StraysRuledOut },
  DropletGone: { schema: serverEvents.DropletGone },
  AgentSeen: { schema: serverEvents.AgentSeen },
  RetryRequested: { schema: serverEvents.RetryRequested },
  AttemptCleared: { schema: serverEvents.AttemptCleared },
  ActionIntended: { schema: serverEvents.ActionIntended },
  ActionPostponed: { schema: serverEvents.ActionPostponed },
  ActionUnknown: { schema: serverEvents.ActionUnknown },
  ActionLost: { schema: serverEvents.ActionLost },
  ServerOrdered: { schema: ServerOrdered },
  OrderWithdrawn: { schema: OrderWithdrawn },
  ...groupCatalogue,
  CredentialAdded: { schema: credentialEvents.CredentialAdded },
  CredentialTested: { schema: credentialEvents.CredentialTested },
  CredentialRotated: { schema: credentialEvents.CredentialRotated },
  CredentialRefused: { schema: credentialEvents.CredentialRefused },
  CredentialRemovalBegun: { schema: credentialEvents.CredentialRemovalBegun },
  CredentialRemovalStopped: { schema: credentialEvents.CredentialRemovalStopped },
  CredentialRemoved: { schema: credentialEvents.CredentialRemoved },
  DefaultCloudChosen: { schema: DefaultCloudChosen },
  QuotaChanged: { schema: quotaEvents.QuotaChanged },
  ServerAdmitted: { schema: quotaEvents.ServerAdmitted },
} satisfies EventCatalogue;

export const provisioningEvents = { ...PUBLIC_EVENTS.provisioning, ...privateEvents } satisfies Record<ServerEventType | CredentialEventType | 'DefaultCloudChosen' | ServerOrdered['type'] | OrderWithdrawn['type'] | GroupEventType | QuotaEventType, EventDefinition>;
