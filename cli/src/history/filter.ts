/** Filters as the API takes them, and the part that is decided here. */
import { aggregateIdOf, aggregateOf } from '@citrus/contracts';
import type { Query } from '../api/http.ts';
import { usageFailure } from '../failure.ts';
import type { FilterOptions } from './filter.command.ts';
import type { FeedEvent } from './replies.ts';

/** @throws CliFailure when no moment can pass: an empty answer would look like "nothing happened" */
export const queryOf = ({ service, category, type, stream, about, from, until }: FilterOptions): Query => {
  if (from !== undefined && until !== undefined && from >= until) throw usageFailure(`--from (${from}) is not before --until (${until})`, 'Say an earlier --from or a later --until.');
  return { service, category, stream, about, from, until, ...(type && type.length > 0 && { types: type.join(',') }) };
};

/** Whether more was asked for than everything. */
export const isNarrowed = ({ service, category, type, stream, about, actor, from, until }: FilterOptions): boolean =>
  [service, category, type, stream, about, actor, from, until].some((filter) => filter !== undefined);

const isBy = ({ actor }: FeedEvent, who: string): boolean => actor.kind === who || actor.id.includes(who);

/** What the hub cannot ask its logs for. */
export const isWanted = (event: FeedEvent, { actor }: FilterOptions): boolean => actor === undefined || isBy(event, actor);

/** All filters at once, for live events: the stream tells everything that we may see. */
export const matches = (event: FeedEvent, options: FilterOptions): boolean => {
  const { service, category, type, stream, about, from, until } = options;
  const concerns = about === undefined || aggregateIdOf(event.stream) === about || event.data['serverId'] === about;
  const isOfKind = (service === undefined || event.service === service) && (category === undefined || aggregateOf(event.stream) === category) && (!type?.length || type.includes(event.type));
  const isInTime = (from === undefined || event.at >= from) && (until === undefined || event.at < until);
  return concerns && isOfKind && isInTime && (stream === undefined || event.stream === stream) && isWanted(event, options);
};
