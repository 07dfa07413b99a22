/** A thing by what people call it. */
import { CliFailure, EXIT, usageFailure } from '../failure.ts';

type Named = { readonly id: string; readonly name: string };
type Words = { /** As in `a server`. */ readonly what: string; readonly code: string; /** The command that lists them. */ readonly list: string };

/** By its id, or by a name that only one has. @throws CliFailure */
export const called = <Item extends Named>(items: readonly Item[], wanted: string, { what, code, list }: Words): Item => {
  const found = items.find(({ id }) => id === wanted);
  if (found) return found;
  const [one, another] = items.filter(({ name }) => name === wanted);
  if (!one) throw new CliFailure(`there is no ${what} ${wanted}`, { exit: EXIT.failed, code, advice: `See what there is: ${list}` });
  if (another) throw usageFailure(`more than one ${what} is called ${wanted}: ${items.filter(({ name }) => name === wanted).map(({ id }) => id).join(', ')}`, 'Say which one by its id.');
  return one;
};
