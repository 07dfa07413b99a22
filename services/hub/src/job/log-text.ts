/** The stored output of a job as the text it was, a page at a time. */
import { patiently } from '../live/patient.ts';
import type { JobReads } from './follow-job.ts';

const PAGE = 500;

export async function* textOfLog(reads: Pick<JobReads, 'log'>, { after, signal }: { after: number; signal: AbortSignal }): AsyncGenerator<string, void> {
  for (let cursor = after; ; ) {
    const { entries } = await patiently(() => reads.log(cursor, PAGE), signal);
    const last = entries.at(-1);
    if (!last) return;
    yield entries.map(({ text }) => text).join('');
    cursor = last.cursor;
  }
}
