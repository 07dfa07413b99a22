/**
 * Tests of deciders that read as sentences: `given(...events).when(command).then(...events)` or `.refuses(code)`. Every
 * `then` also delivers the command a second time, after its events: a command may always come twice.
 */
import { Refusal, type Decider } from '@citrus/kit-domain';
import { expect } from 'vitest';
import { deepFrozen } from './deep-frozen.ts';

type Outcome = 'gives nothing' | `gives ${string}` | `refuses ${string}`;
/** What a command leads to that comes again after its events, where that is not always nothing. */
export type Again<Command extends { readonly type: string }> = { readonly [Type in Command['type']]?: Outcome | readonly Outcome[] };

type Named = { readonly type: string };

const outcomeOf = (decide: () => readonly Named[]): string => {
  try {
    return `gives ${decide().map(({ type }) => type).join(', ') || 'nothing'}`;
  } catch (error) {
    if (error instanceof Refusal) return `refuses ${error.code}`;
    throw error;
  }
};

/** @param options.again what becomes of a command's second delivery, if not always nothing: 'refuses session.started' */
export const specFor = <State, Command extends Named, Event extends Named>(decider: Decider<State, Command, Event>, { again = {} }: { again?: Again<Command> } = {}) => {
  /** Facts come out of JSON and belong to everybody: whoever changes one in place is found out. */
  const stateAfter = (past: readonly Event[]): State =>
    (JSON.parse(JSON.stringify(past)) as Event[]).reduce((state, event) => deepFrozen(decider.evolve(state, deepFrozen(event))), deepFrozen(decider.initialState));
  const comesAgain = (past: readonly Event[], command: Command): void => {
    const outcome = outcomeOf(() => decider.decide(command, stateAfter(past)));
    const allowed = (again as Readonly<Record<string, Outcome | readonly Outcome[]>>)[command.type] ?? 'gives nothing';
    expect([allowed].flat(), `${command.type} delivered twice`).toContain(outcome);
  };
  return {
    given: (...past: Event[]) => ({
      when: (command: Command) => ({
        then: (...expected: Event[]): void => {
          expect(decider.decide(deepFrozen(command), stateAfter(past))).toEqual(expected);
          if (expected.length > 0) comesAgain([...past, ...expected], command);
        },
        refuses: (code: string): void => expect(outcomeOf(() => decider.decide(command, stateAfter(past)))).toBe(`refuses ${code}`),
      }),
      state: (): State => stateAfter(past),
    }),
  };
};
