/** With which credential a server is made: the one that is named, else the project's default, else the installation's cloud. */
import type { CloudCatalog, CloudId, CloudKind, ServerSpec, ServerWish } from '@citrus/contracts';
import { NotFound, Refusal } from '@citrus/kit-domain';
import type { CredentialLog } from './credential-log.ts';
import type { PresentCredential } from './credential.decider.ts';

/** Without an id: the installation's cloud. */
export type ChosenCloud = { readonly kind: CloudKind; readonly cloudId?: CloudId };
export type ChooseCloud = (projectId: string, wanted: CloudId | undefined) => Promise<ChosenCloud>;

/** What a cloud gives who names nothing: its smallest machine. */
export const USUAL: Record<CloudKind, CloudCatalog['defaults']> = {
  digitalocean: { region: 'sfo3', size: 's-1vcpu-512mb-10gb', image: 'ubuntu-22-04-x64' },
  hetzner: { region: 'nbg1', size: 'cx22', image: 'ubuntu-22.04' },
};

/** @param kind undefined where no cloud makes the machine */
export const completed = (wish: ServerWish, kind: CloudKind = 'digitalocean'): ServerSpec => {
  const { region = USUAL[kind].region, size = USUAL[kind].size, image = USUAL[kind].image } = wish;
  return { ...wish, region, size, image };
};

const checkUsable = ({ status, name, refused }: PresentCredential): void => {
  if (status === 'removing') throw new Refusal('cloud.being_removed', `The cloud ${name} is being removed, so nothing is made with it any more. Choose another one.`);
  if (refused) throw new Refusal('cloud.token_refused', `The cloud ${name} does not accept its API token any more. An admin of the project can give it a new one; then try again.`, [{ path: 'spec.cloud', message: 'its token is refused' }]);
};

export const createCloudChoice = (log: CredentialLog, installation: CloudKind): ChooseCloud => async (projectId, wanted) => {
  const chosen = wanted ?? (await log.defaultOf(projectId));
  if (chosen === null) return { kind: installation };
  const credential = await log.load(chosen);
  const isOurs = (credential.status === 'there' || credential.status === 'removing') && credential.projectId === projectId;
  if (!isOurs) {
    // Removing the default one leaves the project without.
    if (wanted === undefined) return { kind: installation };
    throw new NotFound('cloud.not_found', 'There is no such cloud in this project. See which there are: citrus clouds list');
  }
  checkUsable(credential);
  return { kind: credential.kind, cloudId: credential.credentialId };
};
