/** An agent proves that it holds its key by signing what it asks for and when. */
import { keyFromPublic } from '@citrus/kit-crypto';
import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { ContractViolation, Refusal, Unauthenticated } from '@citrus/kit-domain';

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

const ours = generateKeyPairSync('x25519').privateKey;

/**
 * Sensitive inputs are sealed to this key. With a point of low order everybody could open them: the agreed secret would
 * be zero whatever the other side is, and node refuses to agree on it.
 * @throws ContractViolation
 */
export const checkBoxKey = (boxKey: string): void => {
  try {
    diffieHellman({ privateKey: ours, publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: boxKey }, format: 'jwk' }) });
  } catch {
    throw new ContractViolation('boxKey is not a usable X25519 public key; make another one.');
  }
};
