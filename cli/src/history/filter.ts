/** Filters as the API takes them, and the part that is decided here. */
import { aggregateIdOf, aggregateOf } from '@citrus/contracts';
import { z } from 'zod';
import type { Query } from '../api/http.ts';
import { usageFailure } from '../failure.ts';
import type { FilterOptions } from './filter.command.ts';
import type { FeedEvent } from './replies.ts';

/** The hub looks at no more words. */
const MOST_WORDS = 5;
const wordsIn = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

/** A whole id the logs are asked for; a part of one, or a kind, is looked for here: eight digits may be the beginning of any id. */
export const isWholeId = (actor: string): boolean => z.uuid().safeParse(actor.replace(/^agent-/, '')).success;

/** @throws CliFailure when there is nothing to look for, or more than the hub looks at */
const textOf = (text: string): string => {
  const words = wordsIn(text);
  if (words.length === 0) throw usageFailure('--text is empty', 'Say which words to look for, or leave it out.');
  if (words.length > MOST_WORDS) throw usageFailure(`--text has more than ${MOST_WORDS} words`, 'Leave some out; citrus history grep looks for a text as it stands.');
  return words.join(' ');
};

/** @throws CliFailure when no moment can pass: an empty answer would look like "nothing happened" */
export const queryOf = ({ service, category, type, stream, about, actor, text, project, from, until }: FilterOptions): Query => {
  if (from !== undefined && until !== undefined && from >= until) throw usageFailure(`--from (${from}) is not before --until (${until})`, 'Say an earlier --from or a later --until.');
  return {
    service, stream, about, from, until,
    ...(category?.includes(',') ? { categories: category } : { category }), ...(type && type.length > 0 && { types: type.join(',') }),
    ...(actor !== undefined && isWholeId(actor) && { actor }), ...(text !== undefined && { text: textOf(text) }), ...(project !== undefined && { projectId: project }),
  };
};

/** Whether more was asked for than everything. */
export const isNarrowed = ({ service, category, type, stream, about, actor, text, project, from, until }: FilterOptions): boolean =>
  [service, category, type, stream, about, actor, text, project, from, until].some((filter) => filter !== undefined);

const isBy = ({ actor }: FeedEvent, who: string): boolean => actor.kind === who || (isWholeId(who) ? actor.id === who : actor.id.includes(who));

/** What the hub cannot ask its logs for. */
export const isWanted = (event: FeedEvent, { actor }: FilterOptions): boolean => actor === undefined || isBy(event, actor);

const holds = ({ type, stream, data }: FeedEvent, text: string): boolean => {
  const searched = `${type} ${stream} ${JSON.stringify(data)}`.toLowerCase();
  return wordsIn(text).every((word) => searched.includes(word));
};

/** All filters at once, for live events: the stream tells everything that we may see. */
export const matches = (event: FeedEvent, options: FilterOptions): boolean => {
  const { service, category, type, stream, about, text, project, from, until } = options;
  const concerns = about === undefined || aggregateIdOf(event.stream) === about || event.data['serverId'] === about;
  const isOfKind = (service === undefined || event.service === service) && (category === undefined || category.split(',').includes(aggregateOf(event.stream))) && (!type?.length || type.includes(event.type));
  const isInTime = (from === undefined || event.at >= from) && (until === undefined || event.at < until);
  const isOfProject = project === undefined || event.projectId === project;
  return concerns && isOfKind && isInTime && isOfProject && (text === undefined || holds(event, text)) && (stream === undefined || event.stream === stream) && isWanted(event, options);
};
