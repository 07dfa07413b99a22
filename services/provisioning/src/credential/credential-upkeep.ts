/**
 * What processes that died have left, and what nobody is there to notice: tokens that the log never told of, removals
 * that were begun, and refused tokens that the cloud may accept again. Every replica does it, each at its own time.
 */
import type { CloudId } from '@citrus/contracts';
import type { Logger } from '@citrus/kit-event-store';
import type { PresentCredential } from './credential.decider.ts';
import { removeUnused, testKept, type CredentialParts } from './credentials.ts';

const EVERY_MS = 5 * 60_000;
/** Much longer than it takes from keeping a token to telling of it. */
export const NEVER_TOLD_MS = 60 * 60_000;

type Parts = CredentialParts & { readonly logger: Logger };

const originOf = ({ credentialId, projectId }: PresentCredential) => ({ actor: { kind: 'service', id: 'provisioning' }, projectId, correlationId: credentialId }) as const;

/** By the log, token for token: a read model that is being built anew would condemn them all. */
const sweepTokens = async ({ vault, log, now }: Parts): Promise<void> => {
  for (const { tokenId, credentialId } of await vault.keptBefore(new Date(now().getTime() - NEVER_TOLD_MS))) {
    const credential = await log.load(credentialId);
    const isInUse = (credential.status === 'there' || credential.status === 'removing') && credential.tokenId === tokenId;
    if (!isInUse) await vault.destroy(tokenId);
  }
};

const lookAfter = async (parts: Parts, cloudId: CloudId): Promise<void> => {
  const credential = await parts.log.load(cloudId);
  if (credential.status === 'removing') await removeUnused(parts, cloudId, originOf(credential));
  else if (credential.status === 'there' && credential.refused) await testKept(parts, { credential, origin: originOf(credential) });
};

export const lookAfterCredentials = async (parts: Parts): Promise<void> => {
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      parts.logger.warn({ event: 'credential.upkeep_failed', what, err: error }, 'the upkeep of cloud credentials failed; it is tried again later');
    }
  };
  await attempt('tokens', () => sweepTokens(parts));
  for (const cloudId of await parts.queries.ids()) await attempt(cloudId, () => lookAfter(parts, cloudId));
};

export const startCredentialUpkeep = (parts: Parts, everyMs = EVERY_MS): { stop(): Promise<void> } => {
  let running: Promise<void> = Promise.resolve();
  const run = () => lookAfterCredentials(parts).catch((error: unknown) => parts.logger.warn({ event: 'credential.upkeep_failed', err: error }, 'the cloud credentials could not be read; it is tried again later'));
  const timer = setInterval(() => {
    running = running.then(run);
  }, everyMs * (0.9 + 0.2 * Math.random()));
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
};
