import { wantsQuiet } from './quiet.ts';

/**
 * How far long work has come, on stderr: a bar in a terminal, a line now and then in a log, and nothing at all for
 * work that is over at once.
 */
export type Progress = {
  /** `total` may change while the work runs, and be left out when nobody knows it. */
  readonly at: (done: number, total?: number, note?: string) => void;
  readonly end: () => void;
};

export type ProgressSink = { readonly isTTY: boolean; readonly write: (text: string) => void; readonly now: () => number };

const BAR_WIDTH = 24;
const REDRAW_EVERY_MS = 80;
const LINE_EVERY_MS = 5000;

const counted = (done: number): string => done.toLocaleString('en-US');

export const lineOf = (label: string, done: number, total: number | undefined, note = ''): string => {
  const tail = note ? `  ${note}` : '';
  if (total === undefined || total <= 0) return `${label}  ${counted(done)}${tail}`;
  const share = Math.min(1, done / total);
  const full = Math.round(share * BAR_WIDTH);
  return `${label}  [${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}] ${Math.floor(share * 100)} %  ${counted(done)} of ${counted(total)}${tail}`;
};

const processSink: ProgressSink = { isTTY: process.stderr.isTTY, write: (text) => void process.stderr.write(text), now: () => performance.now() };

export const startProgress = (label: string, sink: ProgressSink = processSink): Progress => {
  const every = sink.isTTY ? REDRAW_EVERY_MS : LINE_EVERY_MS;
  let last = sink.now();
  let hasDrawn = false;
  return {
    at: (done, total, note) => {
      if (wantsQuiet() || sink.now() - last < every) return;
      last = sink.now();
      hasDrawn = true;
      const line = lineOf(label, done, total, note);
      sink.write(sink.isTTY ? `\r\u001b[2K${line}` : `${line}\n`);
    },
    end: () => {
      if (hasDrawn && sink.isTTY) sink.write('\r\u001b[2K');
      hasDrawn = false;
    },
  };
};
