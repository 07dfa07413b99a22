/**
 * Large texts made small before they are sealed: control characters take six bytes each in JSON, and an event holds only
 * so much. Small ones stay as they are, so that whoever does not know of packing can read them.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const PREFIX = 'deflate:';
const PACKED_ABOVE_BYTES = 100_000;
/** Nobody packs more; what claims to is not ours. */
const LARGEST_UNPACKED_BYTES = 8 * 1024 ** 2;

/** `json` never begins like a packed text does. */
export const packJson = (json: string): string => (Buffer.byteLength(json) <= PACKED_ABOVE_BYTES ? json : PREFIX + deflateRawSync(json, { level: 9 }).toString('base64'));

/** @throws when it is not what `packJson` made. */
export const unpackJson = (text: string): string =>
  text.startsWith(PREFIX) ? inflateRawSync(Buffer.from(text.slice(PREFIX.length), 'base64'), { maxOutputLength: LARGEST_UNPACKED_BYTES }).toString('utf8') : text;
