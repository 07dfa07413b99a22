/** Identifiers that cross a service border. Each is one NATS token, so that it can stand inside a subject. */
import { z } from 'zod';

/** In one spelling: the database takes capitals for the same id, the names of streams, subjects and leases would not. */
const uuid = () => z.uuid().toLowerCase();

export const ServerId = uuid().brand('ServerId');
export type ServerId = z.infer<typeof ServerId>;

export const JobId = uuid().brand('JobId');
export type JobId = z.infer<typeof JobId>;

export const RunId = uuid().brand('RunId');
export type RunId = z.infer<typeof RunId>;
export const ScheduleId = uuid().brand('ScheduleId');
export type ScheduleId = z.infer<typeof ScheduleId>;

/** A bundle that was asked for, on its servers. */
export const InstalledBundleId = uuid().brand('InstalledBundleId');
export type InstalledBundleId = z.infer<typeof InstalledBundleId>;

export const WebhookId = uuid().brand('WebhookId');
export type WebhookId = z.infer<typeof WebhookId>;

/** One change of one app, with its backup and what follows from it. */
export const ChangeId = uuid().brand('ChangeId');
export type ChangeId = z.infer<typeof ChangeId>;

/** One thing that was asked of a server. */
export const ActionId = uuid().brand('ActionId');
export type ActionId = z.infer<typeof ActionId>;

export const ProjectId = uuid().brand('ProjectId');
export type ProjectId = z.infer<typeof ProjectId>;

export const UserId = uuid().brand('UserId');
export type UserId = z.infer<typeof UserId>;

/**
 * An agent's id is inserted raw into its NATS permissions by the server, so it is checked before it enters a
 * credential: one token, never only digits (an all-digit id could be read as a stream sequence).
 */
export const AgentId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{7,63}$/)
  .refine((id) => !/^\d+$/.test(id), 'an agent id is never only digits')
  .brand('AgentId');
export type AgentId = z.infer<typeof AgentId>;

/** One NATS token: what a stream id, an event type and a service name must be. */
export const Token = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/);

/** `sha256:` and 64 hex digits: the name of anything that is addressed by its content. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/).brand('Digest');
export type Digest = z.infer<typeof Digest>;

export const InstallerId = z.string().regex(/^[a-z][a-z0-9-]{1,62}$/, 'lower-case letters, digits and dashes, beginning with a letter').brand('InstallerId');
export type InstallerId = z.infer<typeof InstallerId>;

/** UTC, ISO 8601, with milliseconds. Only what a database can hold too: no year 0, no endless fractions. */
export const Instant = z.iso.datetime().max(30).refine((text) => !text.startsWith('0000'), 'the year 0 is none');

/** Text that a database can hold: PostgreSQL's has no NUL. Whatever comes from outside and may end in a row is of this kind. */
export const plainText = (longest: number) => z.string().max(longest).refine((text) => !text.includes('\0'), 'must not contain a NUL character');

/** What a terminal obeys instead of showing it, and what turns the direction of the text around it. */
const NOT_IN_A_NAME = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** Text of others, as a reason can quote it wherever reasons go: one line that a terminal only shows, a database holds and an event has room for. */
export const plainLine = (text: string, longest: number): string => {
  const line = text.toWellFormed().replaceAll(new RegExp(NOT_IN_A_NAME, 'gu'), '\ufffd');
  return line.length <= longest ? line : `${line.slice(0, longest - 1).toWellFormed()}…`;
};

/** What somebody calls himself or a thing of his, and others read in lists: one line, and nothing in it that does something. */
export const nameText = (longest: number) => plainText(longest).refine((text) => !NOT_IN_A_NAME.test(text), 'must be one line without control characters');
