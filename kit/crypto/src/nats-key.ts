/**
 * NATS keys on node's own Ed25519, behind the interface of the nkeys package. The pure-JavaScript nkeys takes tens of
 * milliseconds for a signature, this well under one: a fleet that comes back after an outage asks for thousands of
 * credentials, and an agent signs the broker's nonce on the smallest machine there is.
 */
import { createPrivateKey, createPublicKey, randomBytes, sign, verify, type KeyObject } from 'node:crypto';
import { decodePublicKey, decodeSeed, encodePublicKey, encodeSeed, type KeyKind } from './nkey-codec.ts';

// What stands before the 32 raw bytes in the DER forms of RFC 8410; node takes raw keys only inside them.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const privateKeyOf = (raw: Uint8Array) => createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, raw]), format: 'der', type: 'pkcs8' });
const publicKeyOf = (raw: Uint8Array) => createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });

/** What the nkeys package calls a KeyPair. */
export type NatsKey = {
  getPublicKey(): string;
  getSeed(): Uint8Array;
  getPrivateKey(): Uint8Array;
  sign(input: Uint8Array): Uint8Array;
  verify(input: Uint8Array, signature: Uint8Array): boolean;
  clear(): void;
  seal(): Uint8Array;
  open(): Uint8Array | null;
};

class NativeKey implements NatsKey {
  readonly #publicText: string;
  readonly #rawPublic: Uint8Array;
  /** Made when something is verified: most keys that only verify are only named. */
  #publicKey: KeyObject | undefined;
  #secret: { seed: string; key: KeyObject } | undefined;

  constructor(publicText: string, rawPublic: Uint8Array, secret?: { seed: string; key: KeyObject }) {
    this.#publicText = publicText;
    this.#rawPublic = rawPublic;
    this.#secret = secret;
  }

  getPublicKey(): string {
    return this.#publicText;
  }

  getSeed(): Uint8Array {
    return Buffer.from(this.#held().seed);
  }

  /** The seed, and not the `P…` form: the JWT library only asks for this to see whether there is a secret. */
  getPrivateKey(): Uint8Array {
    return this.getSeed();
  }

  sign(input: Uint8Array): Uint8Array {
    return sign(null, input, this.#held().key);
  }

  verify(input: Uint8Array, signature: Uint8Array): boolean {
    this.#publicKey ??= publicKeyOf(this.#rawPublic);
    return verify(null, input, this.#publicKey, signature);
  }

  clear(): void {
    this.#secret = undefined;
  }

  seal(): Uint8Array {
    throw new TypeError('only curve keys can seal');
  }

  open(): Uint8Array | null {
    throw new TypeError('only curve keys can open');
  }

  #held() {
    if (!this.#secret) throw new TypeError('this key has no secret part');
    return this.#secret;
  }
}

const keyOf = (kind: KeyKind, raw: Uint8Array, seed: string): NatsKey => {
  const key = privateKeyOf(raw);
  const rawPublic = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
  return new NativeKey(encodePublicKey(kind, rawPublic), rawPublic, { seed, key });
};

export const createKey = (kind: KeyKind): NatsKey => {
  const raw = randomBytes(32);
  return keyOf(kind, raw, encodeSeed(kind, raw));
};

/** @throws RangeError when the text is not a seed. */
export const keyFromSeed = (seed: string): NatsKey => {
  const { kind, raw } = decodeSeed(seed);
  return keyOf(kind, raw, seed);
};

/** A key that can only verify. @throws RangeError when the text is not a public key. */
export const keyFromPublic = (text: string): NatsKey => new NativeKey(text, decodePublicKey(text).raw);
