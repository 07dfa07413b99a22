/**
 * Which cloud a server is in, for the process manager, the reconciler and whoever else asks, in every replica. What
 * counts is the log: a rotation is noticed within a second, without a restart. An open account is kept while it is used.
 */
import type { CloudId } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-event-store';
import type { Clouds, OpenCloud } from '../provider/clouds.ts';
import type { CloudProvider } from '../provider/provider.port.ts';
import type { CredentialLog } from './credential-log.ts';
import type { CredentialState, PresentCredential } from './credential.decider.ts';
import { guardedCloud, removedCloud, WAIT_FOR_TOKEN_MS } from './guarded-cloud.ts';
import type { AccountOpener, OpenAccount } from '../provider/open-account.ts';
import type { TokenVault } from './token-vault.ts';

export const KNOWN_FOR_MS = 1000;
/** Much longer than any step, so that nobody's account is closed under his hands. */
export const KEPT_OPEN_MS = 10 * 60_000;

type Known = { readonly credential: CredentialState; readonly readAt: number };
type Kept = { readonly opened: OpenAccount; readonly cloud: CloudProvider; usedAt: number };

type Parts = {
  readonly installation: OpenCloud;
  readonly log: CredentialLog;
  readonly vault: TokenVault;
  readonly open: AccountOpener;
  /** Whether the operator still allows the address. */
  readonly isAllowed: (baseUrl: string | null) => boolean;
  readonly ids: () => Promise<readonly CloudId[]>;
  readonly logger: Logger;
  readonly now: () => number;
};

export type CredentialClouds = Clouds & {
  /** What the credential's token opens. @throws Unavailable */
  accountOf(credential: PresentCredential): Promise<OpenAccount>;
  stop(): Promise<void>;
};

const WAITS = 'Its servers wait; nothing of them is lost. An admin of the project can give it a new token: citrus clouds rotate';

const isPresent = (credential: CredentialState): credential is PresentCredential => credential.status === 'there' || credential.status === 'removing';

const checkAccepted = ({ refused }: PresentCredential): void => {
  if (refused) throw new Unavailable(`${refused.reason} ${WAITS}`, { retryAfterMs: WAIT_FOR_TOKEN_MS });
};

export const createCredentialClouds = ({ installation, log, vault, open, isAllowed, ids, logger, now }: Parts): CredentialClouds => {
  const known = new Map<string, Known>();
  /** By token, so that a rotated credential gets another account. */
  const kept = new Map<string, Kept>();

  const read = async (cloudId: string): Promise<CredentialState> => {
    const credential = await log.load(cloudId);
    known.set(cloudId, { credential, readAt: now() });
    return credential;
  };

  /** What waits for a change is looked at anew each time. */
  const credentialOf = async (cloudId: string): Promise<CredentialState> => {
    const last = known.get(cloudId);
    const isFresh = last && now() < last.readAt + KNOWN_FOR_MS && last.credential.status === 'there' && !last.credential.refused;
    return isFresh ? last.credential : read(cloudId);
  };

  /** Once, by whichever replica notices first; not awaited, because the answer that told it must go on. */
  const refuse = ({ credentialId, projectId, tokenId, name }: PresentCredential): void => {
    const command = { type: 'RefuseToken', at: new Date(now()).toISOString(), data: { credentialId, tokenId, reason: `The cloud does not accept the API token of ${name} any more (401). It was revoked, or has expired.` } } as const;
    const origin = { actor: { kind: 'service', id: 'provisioning' }, projectId, correlationId: credentialId } as const;
    log.execute(command, origin).then(() => known.delete(credentialId), (error: unknown) => {
      logger.warn({ event: 'credential.refusal_unnoted', credential_id: credentialId, err: error }, 'a refused cloud credential could not be noted; the next answer tells it again');
    });
  };

  const mayCreateWith = (credentialId: string) => async (): Promise<boolean> => (await read(credentialId)).status === 'there';

  const keep = async (credential: PresentCredential): Promise<Kept> => {
    const { credentialId, tokenId, name, kind, baseUrl } = credential;
    if (!isAllowed(baseUrl)) throw new Unavailable(`The address ${baseUrl} of the cloud ${name} is not allowed by this installation (any more). Ask its operator: CITRUS_CLOUD_BASE_URLS.`, { retryAfterMs: WAIT_FOR_TOKEN_MS });
    const token = await vault.open(tokenId);
    if (token === undefined) throw new Unavailable(`The API token of the cloud ${name} was just replaced.`);
    const opened = open({ kind, baseUrl, token, onUnauthorized: () => refuse(credential) });
    const entry = { opened, cloud: guardedCloud(opened.cloud, mayCreateWith(credentialId)), usedAt: now() };
    const other = kept.get(tokenId);
    if (other) {
      void close(entry);
      return other;
    }
    kept.set(tokenId, entry);
    return entry;
  };

  const close = async ({ opened }: Kept): Promise<void> => {
    await opened.close().catch((error: unknown) => logger.warn({ event: 'cloud.close_failed', err: error }, 'connections to a cloud could not be closed'));
  };

  const closeUnused = (): void => {
    for (const [tokenId, entry] of kept) {
      if (now() < entry.usedAt + KEPT_OPEN_MS) continue;
      kept.delete(tokenId);
      void close(entry);
    }
  };

  const openedBy = async (credential: PresentCredential): Promise<Kept> => {
    closeUnused();
    const entry = kept.get(credential.tokenId) ?? (await keep(credential));
    entry.usedAt = now();
    return entry;
  };

  const cloudOf = async (credential: CredentialState): Promise<CloudProvider> => {
    if (credential.status === 'removed') return removedCloud(credential.name, installation.cloud.capabilities);
    if (!isPresent(credential)) throw new Unavailable('The cloud credential of this server is not known.', { retryAfterMs: WAIT_FOR_TOKEN_MS });
    checkAccepted(credential);
    return (await openedBy(credential)).cloud;
  };

  const openCloudOf = async (cloudId: CloudId): Promise<OpenCloud[]> => {
    const credential = await credentialOf(cloudId);
    if (!isPresent(credential) || credential.refused) return [];
    try {
      return [{ cloudId, kind: credential.kind, cloud: await cloudOf(credential) }];
    } catch (error) {
      logger.warn({ event: 'cloud.unusable', credential_id: cloudId, err: error }, 'a cloud credential cannot be used at the moment, so its machines are not looked at');
      return [];
    }
  };

  return {
    cloudFor: async ({ cloudId }) => (cloudId ? cloudOf(await credentialOf(cloudId)) : installation.cloud),
    usableSince: async ({ cloudId }) => {
      if (!cloudId) return 0;
      const credential = await credentialOf(cloudId);
      if (isPresent(credential)) checkAccepted(credential);
      return isPresent(credential) && credential.goodSince !== null ? Date.parse(credential.goodSince) : 0;
    },
    all: async () => [installation, ...(await Promise.all((await ids()).map(openCloudOf))).flat()],
    accountOf: async (credential) => (await openedBy(credential)).opened,
    stop: async () => {
      await Promise.all([...kept.values()].map(close));
    },
  };
};
