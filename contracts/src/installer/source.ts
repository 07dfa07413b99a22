/** Git repositories that installers come from, beside the folder that comes with Citrus. */
import { z } from 'zod';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

export const InstallerSourceName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes, beginning with a letter, at most 40');
export const CommitId = z.string().regex(/^[0-9a-f]{40}$/, 'a whole commit id: 40 of 0-9 and a-f');

/** Where an installer comes from; `since`: when this commit came into use. */
export const InstallerOrigin = z.object({ name: z.string(), commit: z.string(), since: z.iso.datetime() });
export type InstallerOrigin = z.infer<typeof InstallerOrigin>;

/**
 * waiting: never fetched; fetching: somebody is at it; ready: the last look went well; failing: it did not, and what was
 * in use before, if anything, still is.
 */
export const InstallerSourceState = z.enum(['waiting', 'fetching', 'ready', 'failing']);

export const InstallerSource = z.object({
  name: z.string(), url: z.string(), ref: z.string(), folder: z.string(), everySeconds: z.int(),
  /** The only commit that is taken. */
  pinned: z.string().nullable(),
  /** Only commits that are signed by a known key are taken. */
  isSigned: z.boolean(),
  state: InstallerSourceState,
  /** What is in use. */
  commit: z.string().nullable(), since: z.iso.datetime().nullable(),
  folders: z.array(z.string()),
  triedAt: z.iso.datetime().nullable(),
  /** Why the last look went wrong. */
  reason: z.string().nullable(),
  nextAt: z.iso.datetime().nullable(),
});
export type InstallerSource = z.infer<typeof InstallerSource>;

export const listInstallerSources = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'installer', 'sources'),
  input: z.strictObject({}),
  reply: z.object({ items: z.array(InstallerSource) }),
  access: { by: 'member', role: 'viewer' },
});

/** Looks now. It answers with how the source stands once that is over, or `fetching` when it takes longer than somebody waits. */
export const fetchInstallerSource = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'installer', 'fetch-source'),
  input: z.strictObject({ name: InstallerSourceName }),
  reply: InstallerSource,
  access: { by: 'administrator' },
});
