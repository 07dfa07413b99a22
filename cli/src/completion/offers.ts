/** Which words may come next. Pure but for the names, which somebody else looks up. */
import type { Command, Option } from 'commander';

/** What an argument or option stands for, by the word between its brackets. */
export type NameKind = 'server' | 'installer' | 'project';
export type Names = (kind: NameKind) => Promise<readonly string[]>;

const KIND_OF: Readonly<Record<string, NameKind>> = { server: 'server', servers: 'server', installer: 'installer', app: 'installer', project: 'project', '--on <server>': 'server', '--server <server>': 'server', '--project <project>': 'project', '--installer <installer>': 'installer' };

const takesValue = ({ required, optional }: Option): boolean => required || optional;
const optionsOf = (command: Command): readonly Option[] => [...command.options, ...(command.parent ? optionsOf(command.parent) : [])];
const optionCalled = (command: Command, word: string): Option | undefined => optionsOf(command).find(({ short, long }) => word === short || word === long);
const childCalled = (command: Command, word: string): Command | undefined => command.commands.find((child) => child.name() === word || child.aliases().includes(word));

type Place = { readonly command: Command; /** How many arguments are there already. */ readonly count: number; /** Whose value comes next. */ readonly option?: Option };

const placeOf = (root: Command, words: readonly string[]): Place => {
  let place: Place = { command: root, count: 0 };
  for (const word of words) {
    if (place.option) place = { command: place.command, count: place.count };
    else if (word.startsWith('-')) {
      const option = optionCalled(place.command, word);
      if (option && takesValue(option)) place = { ...place, option };
    } else {
      const child = place.count === 0 ? childCalled(place.command, word) : undefined;
      place = child ? { command: child, count: 0 } : { ...place, count: place.count + 1 };
    }
  }
  return place;
};

/** Nothing that could do more than stand in a list: a name with a line break or a control character is not offered. */
const isPlain = (name: string): boolean => /^[\w.:@+-]+$/.test(name);

const namesOf = async (kind: NameKind | undefined, names: Names): Promise<readonly string[]> => (kind === undefined ? [] : (await names(kind)).filter(isPlain));

const candidates = async ({ command, count, option }: Place, word: string, names: Names): Promise<readonly string[]> => {
  if (option) return option.argChoices ?? (await namesOf(KIND_OF[`${option.long ?? ''} ${/<[^>]+>/.exec(option.flags)?.[0] ?? ''}`], names));
  if (word.startsWith('-')) return optionsOf(command).filter(({ hidden }) => !hidden).map(({ long, short }) => long ?? short ?? '');
  const argument = command.registeredArguments[count] ?? command.registeredArguments.findLast(({ variadic }) => variadic);
  const children = count === 0 ? command.commands.filter((child) => child.name() !== 'complete').map((child) => child.name()) : [];
  return [...children, ...(argument ? (argument.argChoices ?? (await namesOf(KIND_OF[argument.name()], names))) : [])];
};

/** @param words those typed so far; the last one is being typed */
export const offers = async (root: Command, words: readonly string[], names: Names): Promise<string[]> => {
  const word = words.at(-1) ?? '';
  return [...new Set(await candidates(placeOf(root, words.slice(0, -1)), word, names))].filter((offer) => offer.startsWith(word) && offer !== '').toSorted();
};
