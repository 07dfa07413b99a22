/**
 * The few cryptographic moves that services and agents share, on node:crypto alone. No policy here: who may sign what,
 * and for how long, is decided where it is used.
 */
export { generateBoxKeys, openBox, sealToBox } from './box.ts';
export { commandSigner, generateSigningKeys, signCommand, verifyCommand, type SignCommand } from './commands.ts';
export { BY_MASTER_KEY, isSealedWithCurrent, openWithKey, sealWithKey, type SealingKey } from './sealed-at-rest.ts';
export { SealBroken } from './aead.ts';
export { BadMasterKey, KEYS_READ_AGAIN_MS, masterKeysOf, openMasterKeys, type MasterKey, type MasterKeys } from './master-key.ts';
export { createMasking, MASK, type Masker, type Masking } from './mask.ts';
export { createKey, keyFromPublic, keyFromSeed, type NatsKey } from './nats-key.ts';
export { decodePublicKey, type KeyKind } from './nkey-codec.ts';
export { sha256Digest } from './digest.ts';
export type { KeyPair } from './okp.ts';
export { packJson, unpackJson } from './pack.ts';
