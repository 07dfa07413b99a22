/**
 * A cloud by a credential that may be given up at any moment. Nothing is made with one that is on its way out, and what
 * the cloud refuses because of the token is no fault of the server: it waits.
 */
import { TokenRefused } from '../provider/cloud-client.ts';
import type { ActOutcome, CloudProvider, CreateOutcome } from '../provider/provider.port.ts';
import { UNAUTHORIZED } from './credential.decider.ts';

export const WAIT_FOR_TOKEN_MS = 60_000;
const SOON_MS = 2000;

/** The credential itself says how long its servers wait; a token that was replaced while we asked is no reason to wait for long. */
const asked = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TokenRefused) throw new TokenRefused(error.message, { retryAfterMs: SOON_MS, cause: error });
    throw error;
  }
};

/** @param mayCreate asked after the intent is in the log: whoever removes the credential has then seen the server, or is seen here */
export const guardedCloud = (cloud: CloudProvider, mayCreate: () => Promise<boolean>): CloudProvider => ({
  capabilities: cloud.capabilities,
  create: async (spec, key): Promise<CreateOutcome> => {
    if (!(await mayCreate())) return { type: 'rejected', code: 'cloud.being_removed', reason: 'The cloud credential is being removed.', retryAfterMs: SOON_MS };
    const outcome = await cloud.create(spec, key);
    return outcome.type === 'rejected' && outcome.code === UNAUTHORIZED ? { ...outcome, retryAfterMs: SOON_MS } : outcome;
  },
  act: async (ref, action): Promise<ActOutcome> => {
    const outcome = await cloud.act(ref, action);
    return outcome.type === 'rejected' && outcome.code === UNAUTHORIZED ? { type: 'busy', retryAfterMs: WAIT_FOR_TOKEN_MS, reason: outcome.reason } : outcome;
  },
  find: (key, shownSince) => asked(cloud.find(key, shownSince)),
  get: (ref) => asked(cloud.get(ref)),
  list: (tag, cursor) => asked(cloud.list(tag, cursor)),
  operation: (opRef) => asked(cloud.operation(opRef)),
  destroy: (ref) => asked(cloud.destroy(ref)),
  operations: (ref, since) => asked(cloud.operations(ref, since)),
  snapshots: (ref) => asked(cloud.snapshots(ref)),
  removeSnapshot: (snapshotRef) => asked(cloud.removeSnapshot(snapshotRef)),
  addTags: (ref, tags, beside) => asked(cloud.addTags(ref, tags, beside)),
  removeTags: (ref, tags) => asked(cloud.removeTags(ref, tags)),
  probe: () => cloud.probe(),
  ...(cloud.outlook && { outlook: cloud.outlook }),
});

/**
 * The cloud of a credential that was removed. It was not removed before nothing was left of any server, so there is
 * nothing: what is asked for is refused, what is to go has gone.
 */
export const removedCloud = (name: string, capabilities: CloudProvider['capabilities']): CloudProvider => {
  const code = 'cloud.removed';
  const reason = `The cloud ${name} was removed from the project before the server was made. Create the server anew with another one.`;
  return {
    capabilities,
    create: async () => ({ type: 'rejected', code, reason, retryAfterMs: null }),
    act: async () => ({ type: 'absent' }),
    find: async () => [],
    get: async () => 'absent',
    list: async () => ({ items: [] }),
    operation: async () => ({ type: 'failed' }),
    destroy: async () => 'absent',
    operations: async () => [],
    snapshots: async () => [],
    removeSnapshot: async () => 'absent',
    addTags: async () => 'absent',
    removeTags: async () => 'absent',
    probe: async () => ({ isGood: false, code, reason }),
  };
};
