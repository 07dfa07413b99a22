/** A process of its own that replays a log from start to end and decodes all of it, so that its memory is only a replay's. */
import { openPool, replayLog } from '@citrus/kit-event-store/replay';

export type ReplayMeasured = { readonly events: number; readonly seconds: number; readonly rssMb: number; /** Before the replay: the program itself and its modules. */ readonly rssBeforeMb: number };

/** The most that the process ever had, as the kernel counts it. */
const mostResidentMb = (): number => process.resourceUsage().maxRSS / 1024;

const pool = openPool({ databaseUrl: process.argv[2] ?? '', max: 2 });
// Connected and warm: what is measured is the replay.
await pool.query('select 1');
const rssBeforeMb = mostResidentMb();
const startedAt = performance.now();
let [events, checked] = [0, 0];
for await (const stretch of replayLog(pool)) {
  for (const { data, meta } of stretch.events) {
    events += 1;
    if (data['serverId'] !== undefined && meta.correlationId) checked += 1;
  }
}
const seconds = (performance.now() - startedAt) / 1000;
if (checked !== events) throw new Error(`${events - checked} events were not decoded`);
await pool.end();
process.send?.({ events, seconds, rssMb: mostResidentMb(), rssBeforeMb } satisfies ReplayMeasured);
