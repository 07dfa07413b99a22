/** The event store beside Emmett, raw SQL and the server's own limits. Each part has a PostgreSQL of its own, with real fsync. */
import type { Part } from '../measure.ts';
import { benchAppend } from './append.ts';
import { benchLatency } from './latency.ts';
import { benchRelay } from './relay.ts';
import { benchRebuild } from './rebuild.ts';
import { benchReplay } from './replay.ts';

/** In the order in which they are printed; each is run by itself. */
const PARTS: readonly (readonly [what: string, bench: () => Promise<Part>])[] = [['append', benchAppend], ['replay', benchReplay], ['rebuild', benchRebuild], ['relay', benchRelay], ['latency', benchLatency]];

/** @param wanted one part by its name; all of them if left out */
export const benchEventStore = async (wanted?: string): Promise<Part> => {
  const parts: Part[] = [];
  for (const [what, bench] of PARTS.filter(([name]) => wanted === undefined || wanted === name)) {
    process.stderr.write(`  ${what} …\n`);
    parts.push(await bench());
  }
  return { rows: parts.flatMap(({ rows }) => rows), metrics: Object.assign({}, ...parts.map(({ metrics }) => metrics)) };
};
