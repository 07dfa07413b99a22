/** What is done for one name comes one after the other in this process. Between replicas it may overlap. */
export const createTurns = () => {
  const turns = new Map<string, Promise<void>>();
  return <T>(name: string, act: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(name) ?? Promise.resolve()).then(act);
    const over = turn.then(() => undefined, () => undefined);
    turns.set(name, over);
    void over.then(() => turns.get(name) === over && turns.delete(name));
    return turn;
  };
};
