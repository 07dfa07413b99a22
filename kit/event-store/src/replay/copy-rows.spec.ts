import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCopyReader } from './copy-rows.ts';
import type { ReplayedEvent } from './replayed-event.ts';

const message = (code: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(code, 'latin1');
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
};

const field = (value: Buffer | null): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(value?.length ?? -1);
  return Buffer.concat([length, value ?? Buffer.alloc(0)]);
};

const int64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};

type Event = { readonly position: number; readonly type: string; readonly data: { readonly text: string }; readonly project: boolean; readonly about: string | null };
const rowOf = ({ position, type, data, project, about }: Event): Buffer => {
  const fields = [int64(position), int64(1), Buffer.from([0, 2]), int64(0), Buffer.alloc(16, 1), Buffer.from(type), Buffer.from('server-1'), Buffer.from(JSON.stringify(data)), Buffer.from('{"actor":"a"}'),
    project ? Buffer.alloc(16, 2) : null, about === null ? null : Buffer.from(about), Buffer.alloc(32, 3)];
  return Buffer.concat([Buffer.from([0, fields.length]), ...fields.map(field)]);
};

const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const END_MARK = Buffer.from([0xff, 0xff]);
const COMPLETE = Buffer.concat([message('C', Buffer.from('COPY 1\0')), message('Z', Buffer.from('I'))]);
const NOTICE = message('N', Buffer.from('a notice\0'));

/** As PostgreSQL sends it: the header goes along with the first row. */
const answer = (events: readonly Event[]): Buffer => {
  const [first, ...rest] = [...events.map(rowOf), END_MARK];
  return Buffer.concat([message('H', Buffer.alloc(3)), message('d', Buffer.concat([HEADER, first ?? END_MARK])), NOTICE, ...rest.map((row) => message('d', row)), message('c', Buffer.alloc(0))]);
};

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const pieces: Buffer[] = [];
  for (let [at, next] = [0, 0]; at < bytes.length; next += 1) pieces.push(bytes.subarray(at, (at += sizes[next % sizes.length] ?? bytes.length)));
  return pieces;
};

const shown = ({ position, type, data, projectId, about, hash, schemaVersion, stream }: ReplayedEvent) => ({ position, type, data, project: projectId !== undefined, about: about ?? null, hash: hash.length, schemaVersion, stream });

const event = fc.record({
  position: fc.nat(2 ** 40), type: fc.stringMatching(/^[A-Za-z]{1,12}$/), data: fc.record({ text: fc.oneof(fc.string(), fc.nat(9000).map((length) => 'ä'.repeat(length))) }), project: fc.boolean(), about: fc.option(fc.constant('0198c0de')),
});

describe('what PostgreSQL answers to a COPY', () => {
  test('is read alike in whatever pieces it comes, and what is behind it is handed back', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 6 }), fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20_000 })), { minLength: 1, maxLength: 5 }), (events, sizes) => {
        const reader = createCopyReader(12);
        const [found, behind]: [ReplayedEvent[], Buffer[]] = [[], []];
        for (const piece of cut(Buffer.concat([answer(events), COMPLETE]), sizes)) {
          if (behind.length > 0) behind.push(piece);
          else {
            const fed = reader.feed(piece);
            found.push(...fed.events);
            if (fed.behind) behind.push(fed.behind);
          }
        }
        reader.end();
        expect(found.map(shown)).toEqual(events.map((one) => ({ ...one, hash: 32, schemaVersion: 2, stream: 'server-1' })));
        expect(Buffer.concat(behind)).toEqual(COMPLETE);
      }),
    );
  });

  test('is handed back from an error on, and is not whole then', () => {
    const error = message('E', Buffer.from('SERROR\0\0'));
    const reader = createCopyReader(12);
    expect(reader.feed(Buffer.concat([message('H', Buffer.alloc(3)), error])).behind).toEqual(error);
    expect(() => reader.end()).toThrow('ended in the middle');
  });

  test('is refused in another format, or with other columns', () => {
    expect(() => createCopyReader(12).feed(message('d', Buffer.from('1\ttext of a row\tand another column\n')))).toThrow('not the binary format');
    expect(() => createCopyReader(12).feed(message('d', Buffer.concat([HEADER, Buffer.from([0, 3])])))).toThrow('a row of 3 fields');
  });
});
