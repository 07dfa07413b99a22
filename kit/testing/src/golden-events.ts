/**
 * Golden files: a sample of every shape that an event ever had, `<event>.v<n>.json` or `<event>.v<n>.<variant>.json`.
 * Each must be read for ever: by the schema of its version without losing anything, and through every upcast by the
 * schema of today. A file that was published is never edited; `SHA256SUMS` keeps it so.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { currentVersionOf, type EventCatalogue, type EventDefinition } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';

type Data = Readonly<Record<string, unknown>>;
type Sample = { readonly file: string; readonly event: string; readonly version: number };

const FILE = /^(?<event>[a-z0-9-]+)\.v(?<version>[1-9]\d*)(\.[a-z0-9-]+)?\.json$/;

/** `ServerRequested` → `server-requested`. */
const kebabOf = (type: string): string => type.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();

const sampleOf = (file: string): Sample => {
  const { event = '', version = '0' } = FILE.exec(file)?.groups ?? {};
  return { file, event, version: Number(version) };
};

const schemasOf = ({ older = [], schema }: EventDefinition) => [...older.map((shape) => shape.schema), schema];

/** What readers make of a sample today. @throws when it loses something on the way */
export const readSample = (definition: EventDefinition, version: number, data: Data): Data => {
  const parsed = schemasOf(definition)[version - 1]?.parse(data);
  expect(parsed, `version ${version} keeps all of it`).toMatchObject(data);
  const current = (definition.older ?? []).slice(version - 1).reduce((old, { upcast }) => upcast(old), data);
  expect(definition.schema.parse(current), 'the current version keeps all of it').toMatchObject(current);
  return current;
};

/** @param folder the golden files of exactly these events */
export const goldenEvents = (name: string, events: EventCatalogue, folder: URL): void => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const samples = files.map(sampleOf);
  const byName = new Map(Object.entries(events).map(([type, definition]) => [kebabOf(type), definition]));
  const read = (file: string): Buffer => readFileSync(new URL(file, folder));

  describe(`the golden files of ${name}`, () => {
    test('have a sample of every version of every event', () => {
      const wanted = [...byName].flatMap(([event, definition]) => Array.from({ length: currentVersionOf(definition) }, (_, index) => `${event}.v${index + 1}.json`));
      expect(wanted.filter((file) => !files.includes(file)), 'write a sample and add its digest: see docs/how-to/change-an-event.md').toEqual([]);
    });
    test('have no sample of a shape that nobody can read any more', () => {
      const isReadable = ({ event, version }: Sample) => version >= 1 && version <= (byName.has(event) ? currentVersionOf(byName.get(event) as EventDefinition) : 0);
      expect(samples.filter((sample) => !isReadable(sample)).map(({ file }) => file)).toEqual([]);
    });
    test('are what they were when they were published', () => {
      const lines = read('SHA256SUMS').toString().trimEnd().split('\n');
      expect(files.map((file) => `${createHash('sha256').update(read(file)).digest('hex')}  ${file}`).sort()).toEqual(lines.sort());
    });
    test.each(samples.filter(({ event }) => byName.has(event)))('$file is read without loss, then and now', ({ file, event, version }) => {
      readSample(byName.get(event) as EventDefinition, version, JSON.parse(read(file).toString()) as Data);
    });
  });
};
