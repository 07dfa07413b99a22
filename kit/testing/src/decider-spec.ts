/** Tests of deciders that read as sentences: `given(...events).when(command).then(...events)` or `.refuses(code)`. */
import { fold, Refusal, type Decider } from '@citrus/kit-domain';
import { expect } from 'vitest';

export const specFor = <State, Command, Event>(decider: Decider<State, Command, Event>) => ({
  given: (...past: Event[]) => ({
    when: (command: Command) => ({
      then: (...expected: Event[]) => expect(decider.decide(command, fold(decider, past))).toEqual(expected),
      refuses: (code: string) => {
        let thrown: unknown;
        try {
          decider.decide(command, fold(decider, past));
        } catch (error) {
          thrown = error;
        }
        expect(thrown, 'expected a refusal').toBeInstanceOf(Refusal);
        expect((thrown as Refusal).code).toBe(code);
      },
    }),
    state: () => fold(decider, past),
  }),
});
