/**
 * What a person may point at: an event by its place (`provisioning:12`) or id, a stream (`server-<id>`), a thing
 * (`server/<id or name>`, `job/<id>`, `agent/<id>`), all of a kind (`servers`), or a bare id.
 */
import { LoggedService, Subject, Token } from '@citrus/contracts';
import { z } from 'zod';
import type { Api } from '../api/api.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { eventsOf } from './events.ts';
import { FeedEvent } from './replies.ts';

export type What =
  | { readonly kind: 'place'; readonly service: LoggedService; readonly position: number }
  | { readonly kind: 'thing'; readonly of: Subject; readonly id: string }
  | { readonly kind: 'all'; readonly of: Subject }
  | { readonly kind: 'stream'; readonly stream: string }
  | { readonly kind: 'id'; readonly id: string };

const ADVICE = 'Write server/<name or id>, job/<id>, agent/<id>, servers, jobs, agents, a stream (server-<id>), a bare id, or a place in a log (provisioning:12).';

const PLURALS: Readonly<Record<string, Subject>> = { servers: 'server', jobs: 'job', agents: 'agent', runs: 'run', schedules: 'schedule', bundles: 'bundle' };
const isUuid = (text: string): boolean => z.uuid().safeParse(text).success;

export const parseWhat = (text: string): What => {
  const all = PLURALS[text];
  if (all) return { kind: 'all', of: all };
  const [, service, position] = /^([a-z-]+):([1-9]\d{0,14})$/.exec(text) ?? [];
  const log = LoggedService.safeParse(service);
  if (log.success) return { kind: 'place', service: log.data, position: Number(position) };
  const [, kind, id] = /^([a-z]+)\/(.+)$/.exec(text) ?? [];
  const of = Subject.safeParse(kind);
  if (of.success && id && Token.safeParse(id).success) return { kind: 'thing', of: of.data, id };
  if (isUuid(text)) return { kind: 'id', id: text };
  if (/^[a-z]+-[A-Za-z0-9_-]+$/.test(text) && Token.safeParse(text).success) return { kind: 'stream', stream: text };
  throw usageFailure(`${JSON.stringify(text)} is nothing that can be looked up`, ADVICE);
};

const nameIn = ({ data }: FeedEvent): unknown => (data['spec'] as { name?: unknown } | undefined)?.name;

/**
 * The id of the server with this name. History knows deleted ones too, and a name may have been used again: then it is
 * the newest, and the person is told.
 */
export const serverIdOf = async (api: Api, name: string, note: (line: string) => void): Promise<string> => {
  if (isUuid(name)) return name;
  const found: string[] = [];
  for await (const event of eventsOf(api, { filter: { service: 'provisioning', type: ['ServerRequested'] }, direction: 'backward' })) {
    if (nameIn(event) === name && typeof event.data['serverId'] === 'string') found.push(event.data['serverId']);
  }
  const [newest, ...older] = found;
  if (!newest) throw new CliFailure(`there never was a server named ${name}`, { exit: EXIT.failed, code: 'server.unknown', advice: 'See which there are: citrus history state servers --at now' });
  if (older.length > 0) note(`citrus: ${name} was the name of ${found.length} servers; this is the newest, ${newest}. Before: ${older.join(', ')}`);
  return newest;
};

/** What `--about` means to the API: the bare id. */
export const aboutOf = async (api: Api, text: string, note: (line: string) => void): Promise<string> => {
  const what = text.includes('/') ? parseWhat(text) : undefined;
  if (what?.kind !== 'thing') return text;
  return what.of === 'server' ? serverIdOf(api, what.id, note) : what.id;
};

/** @throws CliFailure when there is none, or it is not ours to see */
export const eventAt = (api: Api, what: Extract<What, { kind: 'place' | 'id' }>): Promise<FeedEvent> =>
  api.json({ path: what.kind === 'place' ? `/api/events/${what.service}/${what.position}` : `/api/events/by-id/${what.id}` }, FeedEvent);
