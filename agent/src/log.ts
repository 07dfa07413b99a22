/** The agent's own log: one JSON object a line, written at once, a few files of bounded size. */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { appendWhole, isDiskFull } from './append.ts';

type Fields = Readonly<Record<string, unknown>>;
type Write = (event: string, fields?: Fields) => void;
export type Log = { readonly info: Write; readonly warn: Write; readonly error: Write };
export type Rotation = { readonly maxBytes: number; readonly keep: number };

/** The whole chain of causes in one line; a log is no place for a stack of a broken connection. */
export const describe = (error: unknown): string => {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && parts.length < 5; at = at instanceof Error ? at.cause : undefined) {
    parts.push(at instanceof Error ? at.message || at.name : JSON.stringify(at));
  }
  return parts.join(': ');
};

const rotate = (file: string, keep: number): void => {
  for (let number = keep - 1; number >= 1; number -= 1) {
    const older = `${file}.${number}`;
    if (existsSync(older)) renameSync(older, `${file}.${number + 1}`);
  }
  renameSync(file, `${file}.1`);
};

export const openLog = (file: string, { maxBytes, keep }: Rotation = { maxBytes: 5 * 1024 ** 2, keep: 4 }): Log => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  let descriptor = openSync(file, 'a', 0o640);
  let size = fstatSync(descriptor).size;
  const write = (level: string, event: string, fields: Fields = {}): void => {
    const line = `${JSON.stringify({ timestamp: new Date().toISOString(), level, event, ...fields })}\n`;
    const bytes = Buffer.byteLength(line);
    try {
      if (size > 0 && size + bytes > maxBytes) {
        closeSync(descriptor);
        rotate(file, keep);
        descriptor = openSync(file, 'a', 0o640);
        size = 0;
      }
      appendWhole(descriptor, line);
      size += bytes;
    } catch (error) {
      // Who cannot write a log goes on: what matters is in the journal, which has room of its own.
      if (!isDiskFull(error)) throw error;
    }
  };
  return {
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
  };
};
