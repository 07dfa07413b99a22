/**
 * An aggregate in three pure functions. `decide` may refuse, `evolve` never does: facts already happened. Time and ids
 * come inside the command.
 */
export type Decider<State, Command, Event> = {
  readonly decide: (command: Command, state: State) => Event[];
  readonly evolve: (state: State, event: Event) => State;
  readonly initialState: State;
};

export const fold = <State, Event>(decider: Pick<Decider<State, never, Event>, 'evolve' | 'initialState'>, events: Iterable<Event>): State => {
  let state = decider.initialState;
  for (const event of events) state = decider.evolve(state, event);
  return state;
};
