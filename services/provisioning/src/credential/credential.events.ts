/**
 * The facts of a stream `credential-<id>`, and of `projectcloud-<projectId>`, which says what a project's servers are made
 * with. A token is in none of them: `tokenId` names the row that it is sealed in, which is destroyed with the token.
 */
import { CloudId, CloudKind, Instant, ProjectId } from '@citrus/contracts';
import { z } from 'zod';

const about = { credentialId: CloudId, at: Instant };
/** What the cloud told when the token was tested. */
const account = { account: z.string().nullable(), machineLimit: z.number().nullable() };
const token = { tokenId: z.uuid(), tokenEnd: z.string().max(4) };

const CredentialAdded = z.object({ ...about, projectId: ProjectId, name: z.string(), kind: CloudKind, baseUrl: z.string().optional(), ...token, ...account });
/** Asked for by somebody. `code` and `reason`: it is not good; the cloud may be of another opinion later. */
const CredentialTested = z.object({ ...about, tokenId: z.uuid(), ...account, problem: z.object({ code: z.string(), reason: z.string() }).optional() });
/** `replaces`: the token before, whose row is destroyed. */
const CredentialRotated = z.object({ ...about, ...token, replaces: z.uuid(), ...account });
/** The cloud no longer accepts the token (401); its servers wait. */
const CredentialRefused = z.object({ ...about, tokenId: z.uuid(), reason: z.string() });
/** From here on nothing is made with it, so that the servers that use it can be counted. */
const CredentialRemovalBegun = z.object(about);
/** Servers use it, so it stays. */
const CredentialRemovalStopped = z.object({ ...about, servers: z.int().nonnegative() });
const CredentialRemoved = z.object({ ...about, tokenId: z.uuid() });
/** Null: the installation's cloud. */
export const DefaultCloudChosen = z.object({ projectId: ProjectId, credentialId: CloudId.nullable(), at: Instant });

export const credentialEvents = {
  CredentialAdded, CredentialTested, CredentialRotated, CredentialRefused, CredentialRemovalBegun, CredentialRemovalStopped, CredentialRemoved,
} as const;

type Schemas = typeof credentialEvents;
export type CredentialEventType = keyof Schemas;
export type CredentialEvent = { [Type in CredentialEventType]: { readonly type: Type; readonly data: z.infer<Schemas[Type]> } }[CredentialEventType];
export type CredentialDataOf<Type extends CredentialEventType> = z.infer<Schemas[Type]>;
export type DefaultCloudEvent = { readonly type: 'DefaultCloudChosen'; readonly data: z.infer<typeof DefaultCloudChosen> };

export const credentialStreamOf = (credentialId: string): string => `credential-${credentialId}`;
export const projectCloudStreamOf = (projectId: string): string => `projectcloud-${projectId}`;
