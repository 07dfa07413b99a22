/** What a job's live stream has told, put together: its progress and its output. What is told twice counts once. */
import type { JobMessage } from '../api/types.ts';
import type { SseMessage } from '../live/sse-parser.ts';
import { isFinished } from './finished.ts';
import { NOTHING_TOLD, tellProgress, type JobProgress } from './job-stream.ts';
import { LogBuffer } from './log-buffer.ts';

/** What a message changed: from which line on, and whether the status is another. */
export type Told = { readonly changedFrom: number | undefined; readonly isNewStatus: boolean };

const NOTHING: Told = { changedFrom: undefined, isNewStatus: false };

export class JobReader {
  readonly buffer = new LogBuffer();
  progress: JobProgress = NOTHING_TOLD;
  /** The number of the newest message. They only grow. */
  private last = 0;

  receive({ id, data }: SseMessage): Told {
    const message = JSON.parse(data) as JobMessage;
    const isStep = typeof message.progress === 'number';
    const number = Number(id);
    // Every piece has a number of its own; a mere status repeats the one before and is the same twice.
    if ((isStep || message.output !== undefined) && number <= this.last) return NOTHING;
    this.last = Math.max(this.last, number);
    const before = this.progress;
    this.progress = tellProgress(before, message);
    const lines = [
      ...(message.output ? [this.buffer.append(message.output, message.at)] : []),
      ...(isStep && message.message && this.progress.message !== before.message ? [this.buffer.note(message.message)] : []),
    ];
    return { changedFrom: lines.length > 0 ? Math.min(...lines) : undefined, isNewStatus: this.progress.status !== before.status };
  }

  get isComplete(): boolean {
    return this.progress.status !== undefined && isFinished(this.progress.status);
  }
}
