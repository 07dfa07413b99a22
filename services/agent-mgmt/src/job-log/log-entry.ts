/** A stored piece as readers get it. */
import type { LogEntry } from '@citrus/contracts';
import type { Selectable } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

export const entryOf = (row: Selectable<AgentMgmtDatabase['job_log']>): LogEntry => ({
  cursor: row.cursor ?? 0, attempt: row.attempt, seq: row.seq, at: row.at.toISOString(), text: row.text,
  progress: row.progress_percent === null ? null : { percent: row.progress_percent, text: row.progress_text ?? '' },
});
