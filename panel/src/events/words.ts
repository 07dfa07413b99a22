/** What the room of events says; fetched with it. */
const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);

export const words = {
  search: 'Search all events', searchHint: 'The whole history is searched: types, names and what was told, word by word.', kinds: { servers: 'Servers', jobs: 'Jobs', runs: 'Runs', agents: 'Agents', access: 'Access' },
  about: (name: string) => `About ${name}`, by: (name: string) => `By ${name}`, without: 'Take this filter away', offer: 'Or look at', none: 'Nothing of that kind has happened', noneHint: 'Take filters away, or search for fewer words.', clear: 'Show everything',
  fresh: (count: number) => `${count} new`, freshHint: 'Show what has just happened', today: 'Today', yesterday: 'Yesterday', searching: 'Searching…',
  one: 'One event', all: 'All events', thisEvent: 'This event', asItWas: 'See how it was then', unknown: 'No such event',
  details: 'Why, and the data', why: 'Why it happened', began: (who: string) => `Begun by ${who}`, causes: 'What led to it', effects: 'What came of it', noEffects: 'Nothing came of it so far.', noCauses: 'It is where this began.',
  hidden: (count: number) => plural(count, 'One event in between belongs to another project.', `${count} events in between belong to other projects.`), cut: 'There is more than is shown here; the command line shows it: citrus history why.',
  data: 'The event as it is kept', place: 'Place', stream: 'Stream', what: 'What', when: 'When', who: 'Who',
} as const;
