/** The agent's own log: one JSON object a line, written at once, a few files of bounded size. */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

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
    const line = Buffer.from(`${JSON.stringify({ timestamp: new Date().toISOString(), level, event, ...fields })}\n`);
    if (size > 0 && size + line.length > maxBytes) {
      closeSync(descriptor);
      rotate(file, keep);
      descriptor = openSync(file, 'a', 0o640);
      size = 0;
    }
    writeSync(descriptor, line);
    size += line.length;
  };
  return {
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
  };
};
