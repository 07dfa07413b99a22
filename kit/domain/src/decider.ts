/**
 * An aggregate in three pure functions. `decide` may refuse, `evolve` never does: facts already happened. Time and ids
 * come inside the command.
 */
export type Decider<State, Command, Event> = {
  readonly decide: (command: Command, state: State) => Event[];
  readonly evolve: (state: State, event: Event) => State;
  readonly initialState: State;
  /** For streams that grow long. The state must survive JSON. */
  readonly snapshot?: SnapshotRule;
};

/**
 * After how many events the folded state is kept, so that the next load begins there. Raise `version` whenever `evolve` or
 * the shape of the state changes: what was kept before is not read any more.
 */
export type SnapshotRule = { readonly name: string; readonly version: number; readonly every: number };

export const fold = <State, Event>(decider: Pick<Decider<State, never, Event>, 'evolve' | 'initialState'>, events: Iterable<Event>): State => {
  let state = decider.initialState;
  for (const event of events) state = decider.evolve(state, event);
  return state;
};
