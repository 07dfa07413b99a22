/** Replay of a million events with every payload decoded, beside the server copying the same rows to nowhere. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inRounds, type Part } from '../measure.ts';
import { freshLog, type BenchLog } from './fresh-log.ts';
import { fillLog } from './million-events.ts';
import type { ReplayMeasured } from './replay-reader.ts';

const EVENTS = 1_000_000;
/** As a program from its sources or from its build, whichever we are ourselves. */
const READER = fileURLToPath(new URL(`./replay-reader${extname(import.meta.url)}`, import.meta.url));

const replayOnce = async (databaseUrl: string): Promise<ReplayMeasured> => {
  // What a replay throws away is dead at once: a small young generation costs no time and spares its memory.
  const child = fork(READER, [databaseUrl], { execArgv: [...process.execArgv.filter((flag) => flag !== '--enable-source-maps'), '--max-semi-space-size=2'] });
  const [measured] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => Promise.reject(new Error(`the replay ended with ${String(code)}`)))])) as [ReplayMeasured];
  if (measured.events !== EVENTS) throw new Error(`${measured.events} events were replayed instead of ${EVENTS}`);
  return measured;
};

/** The server's own limit: the same columns in the same order and format, written to nowhere. */
const copyToNowhere = async ({ superuser }: BenchLog): Promise<number> => {
  const startedAt = performance.now();
  await superuser.query(`copy (select position, version, schema_version, recorded_at, event_id, type, stream_id, data, meta, project_id, about, hash from events order by position) to '/dev/null' (format binary)`);
  return (EVENTS * 1000) / (performance.now() - startedAt);
};

export const benchReplay = async (): Promise<Part> => {
  const log = await freshLog();
  try {
    await fillLog(log.owner, EVENTS);
    const memory: ReplayMeasured[] = [];
    const ours = async () => {
      const once = await replayOnce(log.serviceUrl);
      memory.push(once);
      return EVENTS / once.seconds;
    };
    const speed = await inRounds('replay 1,000,000 events, all decoded', 'events/s', { ours, peer: () => copyToNowhere(log), peerName: `the server's COPY TO '/dev/null'` });
    const rss = Math.round(Math.max(...memory.map(({ rssMb }) => rssMb)));
    const added = Math.round(Math.max(...memory.map(({ rssMb, rssBeforeMb }) => rssMb - rssBeforeMb)));
    return {
      rows: [speed, { name: 'memory of a process that replays, at most', unit: 'MB', ours: rss }, { name: 'of it by the replay itself', unit: 'MB', ours: added }],
      metrics: { replay_events_per_s: speed.ours, replay_vs_server: speed.ratio, replay_rss_mb: rss, replay_added_mb: added },
    };
  } finally {
    await log.close();
  }
};
