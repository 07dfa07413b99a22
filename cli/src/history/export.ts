import { parseVector, type LogVector } from '@citrus/contracts';
import { join } from 'node:path';
import { openApi, type Api } from '../api/api.ts';
import { withEngine } from '../analysis/duckdb.ts';
import { linesForEngine, writeParquet } from '../analysis/parquet.ts';
import { usageFailure } from '../failure.ts';
import { withFolderBeside, writeAtomically, writeLines } from '../output/atomic-file.ts';
import { startProgress } from '../output/progress.ts';
import { processTerminal } from '../output/terminal.ts';
import { eventPages } from './events.ts';
import type { ExportOptions } from './export.command.ts';
import { exportedEvents, passedOf } from './exported.ts';
import { aboutOf } from './what.ts';

/** Undefined where filters make it unknowable. */
const totalOf = async (api: Api, options: ExportOptions): Promise<number | undefined> => {
  const isFiltered = [options.service, options.category, options.type, options.stream, options.about, options.actor, options.text, options.project, options.from, options.until].some((value) => value !== undefined);
  if (isFiltered) return undefined;
  for await (const { liveCursor } of eventPages(api, { filter: {}, direction: 'backward', limit: 1 })) return passedOf(parseVector(liveCursor));
  return undefined;
};

async function* linesWithProgress(api: Api, options: ExportOptions): AsyncGenerator<string> {
  const progress = startProgress('exporting');
  const after: LogVector = {};
  let count = 0;
  try {
    const total = await totalOf(api, options);
    for await (const { line } of exportedEvents(api, options, after)) {
      yield line;
      count += 1;
      progress.at(total === undefined ? count : passedOf(after), total, total === undefined ? 'events' : `${count.toLocaleString('en-US')} events`);
    }
  } finally {
    progress.end();
  }
}

const toFile = (file: string, lines: AsyncIterable<string>, { format, force }: ExportOptions): Promise<number> =>
  writeAtomically(file, { mayReplace: force === true }, async (unfinished) => {
    if (format === 'ndjson') return writeLines(unfinished, lines);
    return withFolderBeside(file, async (folder) => {
      const ndjson = join(folder, 'events.ndjson');
      await writeLines(ndjson, linesForEngine(lines));
      return withEngine((engine) => writeParquet(engine, ndjson, unfinished));
    });
  });

export const exportHistory = async (options: ExportOptions): Promise<void> => {
  const terminal = processTerminal();
  const { output, format } = options;
  if (output === undefined && format === 'parquet') throw usageFailure('Parquet needs a file', 'Say which: -o history.parquet');
  const api = openApi();
  const filter = { ...options, ...(options.about !== undefined && { about: await aboutOf(api, options.about, terminal.note) }) };
  const lines = linesWithProgress(api, filter);
  if (output === undefined || (output === '-' && format === 'ndjson')) {
    for await (const line of lines) await terminal.out(line);
    return;
  }
  const count = await toFile(output, lines, filter);
  if (options.json) await terminal.out(JSON.stringify({ file: output, format, events: count }));
  else terminal.note(`${count.toLocaleString('en-US')} events in ${output}`);
};
