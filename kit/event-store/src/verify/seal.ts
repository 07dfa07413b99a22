/**
 * A seal: the Merkle root over the hashes of a stretch of the log, chained to the seal before it and signed with a key
 * that the database never sees. Whoever keeps seals elsewhere can tell a log that was rewritten from end to end, which
 * a hash chain alone cannot. Nobody trusts where a seal was found, only its signature.
 */
import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { canonicalJson, Instant, LoggedService } from '@citrus/contracts';
import { z } from 'zod';
import { merkleRoot } from './merkle.ts';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

const Sealed = z.object({
  service: LoggedService,
  /** The positions that it covers, both included. */
  from: z.int().min(1),
  to: z.int().min(1),
  root: Hash,
  /** Of the last event that it covers, for whoever goes on from there. */
  hash: Hash,
  /** Of the seal before this one; zeros for the first. */
  previous: Hash,
  at: Instant,
  keyId: z.string(),
});
export const Seal = Sealed.extend({ signature: z.string() });
export type Seal = z.infer<typeof Seal>;

const NO_SEAL = '0'.repeat(64);

const signedText = ({ service, from, to, root, hash, previous, at, keyId }: z.infer<typeof Sealed>): Buffer => Buffer.from(`citrus-seal-v1\n${canonicalJson({ service, from, to, root, hash, previous, at, keyId })}`);

/** What the next seal names as the one before it. */
export const digestOf = (seal: Seal | undefined): string => (seal ? createHash('sha256').update(signedText(seal)).digest('hex') : NO_SEAL);

/** As one line of text, always the same for the same seal. */
export const lineOf = (seal: Seal): string => canonicalJson(seal);

/** Undefined for text that is none. */
export const parseSeal = (text: string): Seal | undefined => {
  try {
    return Seal.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

export type SealKey = { readonly keyId: string; readonly privateKey: KeyObject };
export type Stretch = { readonly service: LoggedService; readonly after: Seal | undefined; readonly hashes: readonly Buffer[]; readonly at: string };

/** @param stretch the hashes of all events behind the seal before this one, in order; at least one */
export const makeSeal = ({ service, after, hashes, at }: Stretch, { keyId, privateKey }: SealKey): Seal => {
  const from = (after?.to ?? 0) + 1;
  const sealed = { service, from, to: from + hashes.length - 1, root: merkleRoot(hashes).toString('hex'), hash: hashes.at(-1)?.toString('hex') ?? NO_SEAL, previous: digestOf(after), at, keyId };
  return { ...sealed, signature: sign(null, signedText(sealed), privateKey).toString('base64url') };
};

/** By key id: the keys whose signatures count, raw Ed25519 in base64url. */
export type PublicKeys = Readonly<Record<string, string>>;

const ED25519_DER = Buffer.from('302a300506032b6570032100', 'hex');
const keyObjectOf = (raw: string): KeyObject => createPublicKey({ key: Buffer.concat([ED25519_DER, Buffer.from(raw, 'base64url')]), format: 'der', type: 'spki' });
/** The last 32 bytes of the DER form are the raw key. */
export const rawPublicKeyOf = (key: KeyObject): string => createPublicKey(key.export({ format: 'pem', type: 'spki' })).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url');
export const keyIdOf = (rawPublicKey: string): string => createHash('sha256').update(Buffer.from(rawPublicKey, 'base64url')).digest('hex').slice(0, 16);

/** Remembers what it has judged, because a long log has many seals and they are asked for again and again. */
export const createSealJudge = (publicKeys: PublicKeys): ((seal: Seal) => boolean) => {
  const judged = new Map<string, boolean>();
  const isGood = (seal: Seal): boolean => {
    const raw = publicKeys[seal.keyId];
    return raw !== undefined && seal.to >= seal.from && verify(null, signedText(seal), keyObjectOf(raw), Buffer.from(seal.signature, 'base64url'));
  };
  return (seal) => {
    const line = lineOf(seal);
    const known = judged.get(line) ?? isGood(seal);
    judged.set(line, known);
    return known;
  };
};
