/**
 * Which cloud a server is in, or is to be made in. A server keeps the credential that it was made with; one that names
 * none is in the installation's own cloud.
 */
import type { CloudProvider } from './provider.port.ts';

/** What is known of a server as far as its cloud goes; `null` or nothing: the installation's own cloud. */
export type CloudChoice = { readonly projectId: string; readonly cloudId?: string | null | undefined };

export type CloudKind = 'digitalocean' | 'hetzner';
/** `cloudId`: the credential's; null for the installation's own. */
export type OpenCloud = { readonly cloudId: string | null; readonly kind: CloudKind; readonly cloud: CloudProvider };

export type Clouds = {
  /** @throws Unavailable when the credential cannot be used at the moment */
  cloudFor(server: CloudChoice): Promise<CloudProvider>;
  /**
   * When the credential was good again after the cloud had refused it, in ms; 0: it was never refused. What waited until
   * then begins its deadlines there. @throws Unavailable while it is refused
   */
  usableSince(server: CloudChoice): Promise<number>;
  /** Every cloud that this installation may have machines in. */
  all(): Promise<readonly OpenCloud[]>;
};

/** The installation's only cloud, for every server. */
export const onlyCloud = (kind: CloudKind, cloud: CloudProvider): Clouds => {
  const only = [{ cloudId: null, kind, cloud }];
  return { cloudFor: async () => cloud, usableSince: async () => 0, all: async () => only };
};
