/** An agent proves that it holds its key by signing what it asks for and when. */
import { Refusal, Unauthenticated } from '@citrus/kit-domain';
import { keyFromPublic } from '../nats-credentials/key-pair.ts';

/** How far the clocks of a server and ours may differ. */
export const CLOCK_LEEWAY_MS = 120_000;

export type Proof = { readonly nkey: string; readonly text: string; readonly at: string; readonly signature: string };

const isSigned = ({ nkey, text, signature }: Proof): boolean => {
  try {
    return keyFromPublic(nkey).verify(Buffer.from(text), Buffer.from(signature, 'base64url'));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

/**
 * The signature first: what the time says is only worth an answer of its own if the key's owner said it.
 * @throws Unauthenticated for a bad signature, Refusal when the clocks differ too much
 */
export const checkProof = (proof: Proof, now: Date): void => {
  if (!isSigned(proof)) throw new Unauthenticated('The signature does not fit the key and the request.', 'agent.bad_proof');
  const offsetMs = Date.parse(proof.at) - now.getTime();
  if (Math.abs(offsetMs) <= CLOCK_LEEWAY_MS) return;
  throw new Refusal('agent.clock_offset', `The server's clock is ${Math.round(Math.abs(offsetMs) / 1000)} s ${offsetMs > 0 ? 'ahead of' : 'behind'} ours (${now.toISOString()}); set it right, at most ${CLOCK_LEEWAY_MS / 1000} s are allowed.`);
};
