/** Parked events: looked at, tried again, done without. */
import { ParkedEvent, StoringService } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { ParkedOptions, SkipOptions } from './doctor.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };
const Parked = ParkedEvent.extend({ service: StoringService });
type Parked = z.infer<typeof Parked>;
const Left = z.object({ left: z.int() });

const parkedOf = async (api: Api): Promise<Parked[]> => (await api.json({ path: '/api/doctor/parked' }, z.object({ items: z.array(Parked) }))).items;
const placeOf = ({ consumer, position }: Parked): string => `${consumer}:${position}`;
const pathOf = ({ service, consumer }: Pick<Parked, 'service' | 'consumer'>): string => `/api/doctor/parked/${service}/${encodeURIComponent(consumer)}`;
const leftWords = (left: number): string => (left === 0 ? 'nothing is parked there any more' : `${left} ${left === 1 ? 'is' : 'are'} still parked`);

export const listParked = async ({ json }: ParkedOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const items = await parkedOf(api);
  if (json) return terminal.out(JSON.stringify({ items }));
  if (items.length === 0) terminal.note('Nothing is parked.');
  const rows = items.map((event) => [placeOf(event), `${event.source}:${event.position}`, event.type, event.stream, event.parkedAt.slice(0, 16).replace('T', ' '), event.reason]);
  await terminal.out(tableOf(['PARKED', 'EVENT', 'TYPE', 'STREAM', 'SINCE (UTC)', 'WHY'], rows, terminal));
};

/** @throws CliFailure while something is left */
export const retryParked = async (feed: string | undefined, { json }: ParkedOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const items = await parkedOf(api);
  const feeds = [...new Map(items.map(({ service, consumer }) => [consumer, { service, consumer }])).values()].filter(({ consumer }) => feed === undefined || consumer === feed);
  if (feeds.length === 0 && feed !== undefined && items.length > 0) throw new CliFailure(`nothing is parked by a feed ${feed}`, { exit: EXIT.failed, code: 'parked.unknown', advice: 'See what is: citrus doctor parked' });
  const results: { readonly feed: string; readonly left: number }[] = [];
  for (const each of feeds) results.push({ feed: each.consumer, ...(await api.json({ method: 'POST', path: `${pathOf(each)}/retry` }, Left)) });
  const left = results.reduce((sum, each) => sum + each.left, 0);
  if (json) await terminal.out(JSON.stringify({ items: results }));
  else if (results.length === 0) terminal.note('Nothing is parked.');
  else for (const each of results) await terminal.out(`${printable(each.feed)}: ${leftWords(each.left)}.`);
  if (left > 0) throw new CliFailure(leftWords(left), { exit: EXIT.failed, code: 'parked.left', advice: 'See why: citrus doctor parked' });
};

export const skipParked = async (place: string, { reason, yes, json }: SkipOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  if (!/^[a-z0-9-]+:[1-9]\d*$/.test(place)) throw usageFailure(`${place} is no parked event`, 'Write it as citrus doctor parked shows it: agent-mgmt-servers:12');
  const event = (await parkedOf(api)).find((each) => placeOf(each) === place);
  if (!event) throw new CliFailure(`${place} is not parked`, { exit: EXIT.failed, code: 'parked.unknown', advice: 'See what is: citrus doctor parked' });
  await confirmed(terminal, `${event.consumer} does without ${event.type} of ${event.stream} for ever. Go on?`, yes);
  const reply = await api.json({ method: 'POST', path: `${pathOf(event)}/${event.position}/skip`, body: { reason } }, Left);
  await terminal.out(json ? JSON.stringify(reply) : `${place} is skipped; ${leftWords(reply.left)}.`);
};
