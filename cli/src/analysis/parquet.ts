/**
 * Events as columns. The payload stays JSON, as it was written; everything around it has a type. The time is named
 * `recorded_at` because `at` is a reserved word in DuckDB.
 */
import { LOGGED_SERVICES } from '@citrus/contracts';
import { quoted, type Engine } from './duckdb.ts';

/** The envelope as NDJSON has it. */
const ENVELOPE = `{
  'id': 'VARCHAR', 'service': 'VARCHAR', 'position': 'BIGINT', 'at': 'TIMESTAMP', 'stream': 'VARCHAR', 'streamVersion': 'INTEGER', 'type': 'VARCHAR', 'version': 'INTEGER',
  'actor': 'STRUCT(kind VARCHAR, id VARCHAR)', 'projectId': 'VARCHAR', 'causationId': 'VARCHAR', 'correlationId': 'VARCHAR', 'traceparent': 'VARCHAR', 'data': 'JSON'
}`;

const COLUMNS = `
  service, position, "at" as recorded_at, id, type, version, stream,
  split_part(stream, '-', 1) as aggregate, substr(stream, instr(stream, '-') + 1) as aggregate_id, streamVersion as stream_version,
  actor.kind as actor_kind, actor.id as actor_id, projectId as project_id, causationId as causation_id, correlationId as correlation_id, data`;

/** As people see events of several logs: by time, then by log, then by position. */
export const FEED_ORDER = `recorded_at, list_position([${LOGGED_SERVICES.map(quoted).join(', ')}], service), position`;

/** An escape sequence, or two of them that make one character; text of JSON has backslashes nowhere else. */
const ESCAPE = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([dD][89a-fA-F])[0-9a-fA-F]{2}|.)/g;

/** The engine refuses a whole file for half a character (an agent's output that was cut in its middle): it becomes U+FFFD. */
export const lineForEngine = (line: string): string => (line.includes('\\u') ? line.replace(ESCAPE, (escape: string, half?: string) => (half === undefined ? escape : '\\ufffd')) : line);

/** The same events make the same bytes: one thread, one order. @returns how many rows there are */
export const writeParquet = async (engine: Engine, ndjsonFile: string, parquetFile: string): Promise<number> => {
  await engine.run('set threads = 1');
  const source = `read_json(${quoted(ndjsonFile)}, format = 'newline_delimited', columns = ${ENVELOPE}, maximum_object_size = 67108864)`;
  const result = await engine.run(`copy (select ${COLUMNS} from ${source} order by ${FEED_ORDER}) to ${quoted(parquetFile)} (format parquet, compression zstd)`);
  const [row] = await result.getRowsJS();
  await engine.run('reset threads');
  return Number(row?.[0] ?? 0);
};

/** Several files as one. */
export const mergeParquet = async (engine: Engine, files: readonly string[], merged: string): Promise<void> => {
  await engine.run(`copy (select * from read_parquet(${listOf(files)}) order by ${FEED_ORDER}) to ${quoted(merged)} (format parquet, compression zstd)`);
};

export async function* linesForEngine(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield lineForEngine(line);
}

export const listOf = (files: readonly string[]): string => `[${files.map(quoted).join(', ')}]`;
