/**
 * Logs that were recorded from a running system, `streams/<name>.jsonl`, one envelope a line: today's deciders must still
 * evolve them, and today's folds must still make the same rows of them, on every way that a live projection may take.
 * What they come to stands in `<name>.state.json`; `CITRUS_WRITE_GOLDEN=1` writes it anew, for a reviewer to compare.
 * The recordings themselves are never edited.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { aggregateOf, currentVersionOf, EventEnvelope, type EventCatalogue } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { readSample } from './golden-events.ts';
import { foldAll, rowsByEveryWay, type FoldUnderTest } from './projection-spec.ts';

type Evolving = { readonly initialState: unknown; evolve(state: unknown, event: unknown): unknown };
type Options = {
  /** Ends with a slash. */
  readonly folder: URL;
  readonly events: EventCatalogue;
  /** By the kind of stream; null where nobody decides. */
  readonly deciders: Readonly<Record<string, Evolving | null>>;
  readonly folds: readonly (FoldUnderTest & { readonly name: string })[];
};
type States = { readonly streams: Readonly<Record<string, readonly unknown[]>>; readonly rows: Readonly<Record<string, unknown>> };

const inJson = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/** In its current shape, having been checked in its own. */
const readEvent = (line: string, events: EventCatalogue): EventEnvelope => {
  const stored = JSON.parse(line) as EventEnvelope;
  expect(EventEnvelope.parse(stored), 'an envelope keeps all of it').toEqual(stored);
  const definition = events[stored.type];
  if (!definition) throw new Error(`${stored.type} is in no catalogue any more`);
  return { ...stored, version: currentVersionOf(definition), data: readSample(definition, stored.version, stored.data) };
};

/** Each stream's states, one after each of its events. */
const evolved = (log: readonly EventEnvelope[], deciders: Options['deciders']): Record<string, unknown[]> => {
  const states: Record<string, unknown[]> = {};
  for (const event of log) {
    const decider = deciders[aggregateOf(event.stream)];
    if (decider === undefined) throw new Error(`nobody says who decides about ${event.stream}`);
    if (!decider) continue;
    const before = (states[event.stream] ??= []);
    before.push(decider.evolve(before.length > 0 ? before.at(-1) : decider.initialState, event));
  }
  return states;
};

export const goldenStreams = ({ folder, events, deciders, folds }: Options): void => {
  const recordings = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));
  const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

  test('recorded streams are what they were when they were recorded', () => {
    const lines = read('SHA256SUMS').trimEnd().split('\n');
    expect(recordings.map((file) => `${createHash('sha256').update(read(file)).digest('hex')}  ${file}`).sort()).toEqual(lines.sort());
  });

  describe.each(recordings)('the recorded streams of %s', (recording) => {
    const log = read(recording).trimEnd().split('\n').map((line) => readEvent(line, events));
    const statesFile = new URL(recording.replace(/jsonl$/, 'state.json'), folder);
    const rows = (fold: FoldUnderTest) => [...foldAll(fold, log).values()];
    if (process.env['CITRUS_WRITE_GOLDEN']) {
      const states: States = { streams: evolved(log, deciders), rows: Object.fromEntries(folds.map((fold) => [fold.name, rows(fold)])) };
      writeFileSync(statesFile, `${JSON.stringify(states, null, 2)}\n`);
    }
    const states = existsSync(statesFile) ? (JSON.parse(readFileSync(statesFile, 'utf8')) as States) : { streams: {}, rows: {} };

    test('go through the same states', () => expect(inJson(evolved(log, deciders))).toEqual(states.streams));
    test.each(folds)('come to the same rows of $name, on every way', (fold) => {
      expect(inJson(rows(fold))).toEqual(states.rows[fold.name]);
      for (const [way, others] of rowsByEveryWay(fold, log)) expect([...others.values()], way).toEqual(rows(fold));
    });
  });
};
