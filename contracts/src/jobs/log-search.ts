/** Searching the whole log of a job, as far as it is stored: by a text, or by a pattern in RE2 syntax. */
import { z } from 'zod';
import { Instant, JobId, plainText, ProjectId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

/** `<line>.<piece>.<offset>`: where the next line begins. */
const Cursor = z.string().max(64).regex(/^\d{1,10}\.\d{1,12}\.\d{1,6}$/, 'is not a cursor of this search; begin again without it');

export const LogSearch = {
  q: plainText(200).min(1).refine((text) => !/[\r\n]/.test(text), 'must be one line: a hit is always within a line'),
  /** `pattern`: RE2 syntax, without look-around and back-references. */
  as: z.enum(['text', 'pattern']).default('text'),
  case: z.enum(['any', 'exact']).default('any'),
  limit: z.coerce.number().int().min(1).max(500).default(200),
  cursor: Cursor.optional(),
};
const Asked = z.strictObject(LogSearch);
export type LogSearch = z.infer<typeof Asked>;

/** A line with at least one hit. */
export const LogHit = z.object({
  /** From 1, over all attempts; the panel shows it under `#L<line>`. */
  line: z.int().positive(),
  /** When the piece came in which the line begins. */
  at: Instant,
  /** What is seen of the line around its first hit, without colours; `from` says where in the line it begins. */
  text: z.string(), from: z.int().min(0),
  /** From and to of each hit within the line, the first twenty. */
  spans: z.array(z.tuple([z.int().min(0), z.int().positive()])),
});
export type LogHit = z.infer<typeof LogHit>;

export const LogHits = z.object({
  items: z.array(LogHit),
  /** On the first page: how many lines have a hit, and whether the whole log was looked at for that. */
  count: z.object({ lines: z.int().min(0), isWhole: z.boolean() }).nullable(),
  /** How many lines were looked at from the beginning on. */
  searchedLines: z.int().min(0),
  /** Where to go on: there is more to look at, or the job still prints. */
  nextCursor: z.string().nullable(),
  /** Nothing more is stored now; with a cursor, more may be later. */
  isAtEnd: z.boolean(),
});
export type LogHits = z.infer<typeof LogHits>;

export const searchJobLog = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'job', 'log-search'),
  input: z.strictObject({ projectId: ProjectId, jobId: JobId, ...LogSearch }),
  reply: LogHits,
  access: { by: 'member', role: 'viewer' },
});
