/**
 * How NATS writes keys down: base32 of a prefix, the raw Ed25519 bytes and a CRC-16, so that a key says what it is
 * (`O…` operator, `A…` account, `U…` user, `S?…` the seed of one). The nkeys package keeps its own codec private.
 */
export type KeyKind = 'operator' | 'account' | 'user';

const PREFIXES: Record<KeyKind, number> = { operator: 14 << 3, account: 0, user: 20 << 3 };
const SEED = 18 << 3;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const KEY_BYTES = 32;

const crc16 = (bytes: Uint8Array): number => {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
};

const base32 = (bytes: Uint8Array): string => {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >>> (bits - 5)) & 31];
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
};

const fromBase32 = (text: string): Buffer => {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) throw new RangeError('not a NATS key: it has a character that is not base32');
    value = (value << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >>> bits) & 255);
    }
  }
  // The last digit has bits to spare; if they could be anything, one key could be written in several ways.
  if ((value & ((1 << bits) - 1)) !== 0) throw new RangeError('not a NATS key: its last character is wrong');
  return Buffer.from(bytes);
};

const withChecksum = (bytes: Buffer): string => {
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc16(bytes));
  return base32(Buffer.concat([bytes, checksum]));
};

const checked = (text: string): Buffer => {
  const bytes = fromBase32(text);
  const body = bytes.subarray(0, -2);
  if (bytes.length < 3 || bytes.readUInt16LE(bytes.length - 2) !== crc16(body)) throw new RangeError('not a NATS key: its checksum is wrong');
  return body;
};

const kindOf = (prefix: number): KeyKind => {
  for (const kind of ['operator', 'account', 'user'] as const) if (PREFIXES[kind] === prefix) return kind;
  throw new RangeError('not a NATS key of an operator, an account or a user');
};

const ofRightLength = (raw: Buffer): Buffer => {
  if (raw.length !== KEY_BYTES) throw new RangeError('not a NATS key: its length is wrong');
  return raw;
};

export const encodePublicKey = (kind: KeyKind, raw: Uint8Array): string => withChecksum(Buffer.concat([Buffer.from([PREFIXES[kind]]), raw]));

/** A seed carries two prefixes, shifted so that it begins with `S` and the letter of its kind. */
export const encodeSeed = (kind: KeyKind, raw: Uint8Array): string =>
  withChecksum(Buffer.concat([Buffer.from([SEED | (PREFIXES[kind] >> 5), (PREFIXES[kind] & 31) << 3]), raw]));

/** @throws RangeError when the text is not a public key of an operator, an account or a user. */
export const decodePublicKey = (text: string): { kind: KeyKind; raw: Buffer } => {
  const bytes = checked(text);
  return { kind: kindOf(bytes[0] ?? -1), raw: ofRightLength(bytes.subarray(1)) };
};

/** @throws RangeError when the text is not a seed; the message never repeats it. */
export const decodeSeed = (text: string): { kind: KeyKind; raw: Buffer } => {
  const bytes = checked(text);
  const [first = 0, second = 0] = bytes;
  if ((first & 248) !== SEED) throw new RangeError('not the seed of a NATS key');
  return { kind: kindOf(((first & 7) << 5) | ((second & 248) >> 3)), raw: ofRightLength(bytes.subarray(2)) };
};
