/**
 * What every reactor to another service's events must stand: each event comes twice, and the process dies after each of
 * its effects, before the checkpoint moves, so that the event comes again. What is there in the end is the same as if
 * everything had come once and nobody had died.
 */
import type { EventEnvelope } from '@citrus/contracts';
import { expect } from 'vitest';

export type ReactorUnderTest = {
  readonly handle: (event: EventEnvelope) => Promise<void>;
  /** All that it did, in a form that can be compared between two worlds: no random ids, no times of today. */
  readonly effects: () => Promise<unknown>;
};

/** Gives the same world each time, a fresh one. What the reactor writes to is wrapped in `observed(…, happened)`. */
export type StartReactor = (happened: () => void) => Promise<ReactorUnderTest>;

class Crash extends Error {
  override readonly name = 'Crash';
}

/** The same object; `happened` is called after each of its asynchronous methods and may throw, as a crash would cut in. */
export const observed = <Target extends object>(target: Target, happened: () => void): Target =>
  new Proxy(target, {
    get: (object, name) => {
      const member: unknown = Reflect.get(object, name);
      if (typeof member !== 'function') return member;
      return (...parameters: unknown[]): unknown => {
        const result: unknown = Reflect.apply(member, object, parameters);
        if (!(result instanceof Promise)) return result;
        return result.then((value: unknown) => {
          happened();
          return value;
        });
      };
    },
  });

const survives = async (work: () => Promise<void>): Promise<boolean> => {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof Crash) return false;
    throw error;
  }
};

/** Dies after the first effect, then after the second, and so on, until there is none left to die after; and then once more. */
const withCrashes = async (events: readonly EventEnvelope[], start: StartReactor): Promise<{ effects: unknown; crashes: number }> => {
  let untilCrash = Infinity;
  let crashes = 0;
  const reactor = await start(() => {
    untilCrash -= 1;
    if (untilCrash === 0) throw new Crash();
  });
  for (const event of events) {
    for (let point = 1; ; point += 1) {
      untilCrash = point;
      if (await survives(() => reactor.handle(event))) break;
      crashes += 1;
    }
    untilCrash = Infinity;
    await reactor.handle(event);
  }
  return { effects: await reactor.effects(), crashes };
};

/** @returns the effects, to say what they should be */
export const reactorHonoursItsContract = async (events: readonly EventEnvelope[], start: StartReactor): Promise<unknown> => {
  const calm = await start(() => undefined);
  for (const event of events) await calm.handle(event);
  const { effects, crashes } = await withCrashes(events, start);
  expect(crashes, 'it was seen to do something').toBeGreaterThan(0);
  expect(effects, 'the effects of events that came again').toEqual(await calm.effects());
  return effects;
};
