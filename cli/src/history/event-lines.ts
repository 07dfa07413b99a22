/** Events for people: a row each, or one of them whole. */
import { tableOf } from '../output/table.ts';
import { printable, type Terminal } from '../output/terminal.ts';
import { shownInstant } from './instant.ts';
import type { FeedEvent } from './replies.ts';

const HEAD = ['TIME (UTC)', 'PLACE', 'EVENT', 'STREAM', 'BY', 'DETAIL'];

/** What stands elsewhere in the row already. */
const isTold = (event: FeedEvent, key: string, value: unknown): boolean =>
  key === 'at' || key === 'projectId' || (typeof value === 'string' && value !== '' && event.stream.endsWith(value));

const told = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Those of version 7 begin with the time, so that their beginnings are no names. */
const RANDOM_ID = /\b([0-9a-f]{8})-[0-9a-f]{4}-[1-68][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/** For the eyes: in a terminal the beginning of an id is enough to tell things apart; a pipe gets it whole. */
export const withShortIds = (text: string, { columns }: Pick<Terminal, 'columns'>): string => (columns === undefined ? text : text.replace(RANDOM_ID, '$1'));

export const placeOf = ({ service, position }: Pick<FeedEvent, 'service' | 'position'>): string => `${service}:${position}`;
export const actorOf = ({ actor }: Pick<FeedEvent, 'actor'>): string => (actor.kind === 'service' ? actor.id : `${actor.kind} ${actor.id}`);

/** What a thing came to is told before what it was: a terminal cuts the end. */
const FIRST: readonly string[] = ['status', 'exitCode', 'reason'];

export const detailOf = (event: FeedEvent): string =>
  Object.entries(event.data)
    .filter(([key, value]) => value !== null && value !== undefined && value !== '' && !isTold(event, key, value))
    .toSorted(([a], [b]) => Number(FIRST.includes(b)) - Number(FIRST.includes(a)))
    .map(([key, value]) => `${key}=${told(value)}`)
    .join(' ');

const rowOf = (event: FeedEvent, terminal: Terminal): string[] =>
  [shownInstant(event.at), placeOf(event), event.type, ...[event.stream, actorOf(event), detailOf(event)].map((text) => withShortIds(text, terminal))];

export const eventTable = (events: readonly FeedEvent[], terminal: Terminal): string => tableOf(HEAD, events.map((event) => rowOf(event, terminal)), terminal);

/** For events that come one after another: columns cannot know what will come. */
export const eventLine = (event: FeedEvent, terminal: Terminal): string => {
  const [time = '', place = '', type = '', stream = '', by = '', detail = ''] = rowOf(event, terminal).map(printable);
  const line = `${time}  ${place.padEnd(16)}  ${type.padEnd(20)}  ${stream}  ${by}  ${detail}`.trimEnd();
  return terminal.columns !== undefined && line.length > terminal.columns ? `${line.slice(0, terminal.columns - 1)}…` : line;
};

export const wholeEvent = (event: FeedEvent, terminal: Terminal): string => {
  const { data, type, actor, at, ...rest } = event;
  const facts = [['place', placeOf(event)], ['time (UTC)', shownInstant(at)], ['by', `${actor.kind} ${actor.id}`], ...Object.entries(rest).filter(([key]) => key !== 'service' && key !== 'position').map(([key, value]) => [key, String(value)])];
  const width = Math.max(...facts.map(([name]) => name?.length ?? 0));
  const lines = facts.map(([name = '', value = '']) => `  ${name.padEnd(width)}  ${printable(value)}`);
  return [terminal.style('bold', type), ...lines, ...JSON.stringify(data, null, 2).split('\n').map((line) => `  ${printable(line)}`)].join('\n');
};
