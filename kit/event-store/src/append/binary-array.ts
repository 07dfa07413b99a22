/**
 * Arrays as PostgreSQL's binary format has them. As text every quote of every event's JSON would be escaped here and
 * unescaped there, which takes longer than to insert the event.
 */
import { types } from 'pg';

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const IS_NULL = -1;

const OID = { bool: types.builtins.BOOL, int4: types.builtins.INT4, int8: types.builtins.INT8, text: types.builtins.TEXT, uuid: types.builtins.UUID };

/** One dimension, counted from 1. */
const withHeader = (buffer: Buffer, { oid, length, hasNull }: { oid: number; length: number; hasNull: boolean }): Buffer => {
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return length === 0 ? buffer.subarray(0, HEADER_BYTES - 8) : buffer;
};

const ofFixedSize = <Value>(oid: number, size: number, write: (buffer: Buffer, value: Value, at: number) => void) => (values: readonly (Value | null)[]): Buffer => {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * (LENGTH_BYTES + size));
  let at = HEADER_BYTES;
  let hasNull = false;
  for (const value of values) {
    buffer.writeInt32BE(value === null ? IS_NULL : size, at);
    at += LENGTH_BYTES;
    if (value === null) {
      hasNull = true;
      continue;
    }
    write(buffer, value, at);
    at += size;
  }
  return withHeader(buffer, { oid, length: values.length, hasNull }).subarray(0, at);
};

export const int4s = ofFixedSize<number>(OID.int4, 4, (buffer, value, at) => buffer.writeInt32BE(value, at));
export const int8s = ofFixedSize<number>(OID.int8, 8, (buffer, value, at) => {
  buffer.writeInt32BE(Math.floor(value / 2 ** 32), at);
  buffer.writeUInt32BE(value >>> 0, at + 4);
});
export const booleans = ofFixedSize<boolean>(OID.bool, 1, (buffer, value, at) => buffer.writeUInt8(value ? 1 : 0, at));
export const uuids = ofFixedSize<string>(OID.uuid, 16, (buffer, value, at) => buffer.write(value.replaceAll('-', ''), at, 16, 'hex'));

export const texts = (values: readonly (string | null)[]): Buffer => {
  const sizes = values.map((value) => (value === null ? IS_NULL : Buffer.byteLength(value)));
  const buffer = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + LENGTH_BYTES + Math.max(size, 0), HEADER_BYTES));
  let at = HEADER_BYTES;
  for (const [index, value] of values.entries()) {
    const size = sizes[index] ?? IS_NULL;
    buffer.writeInt32BE(size, at);
    at += LENGTH_BYTES;
    if (value !== null) at += buffer.write(value, at);
  }
  return withHeader(buffer, { oid: OID.text, length: values.length, hasNull: values.includes(null) });
};
