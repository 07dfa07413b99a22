/** The real agent, killed at every line of its journal: what was asked for once runs once at most, and every end is told. */
import { eventually } from '@citrus/kit-testing';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { startAgent, type Launch } from './testing/agent-process.ts';
import { testWithoutAgent as test } from './testing/fixtures.ts';

const PRELOAD = new URL('testing/kill-at-journal.ts', import.meta.url).pathname;
const killing = (when: string, line: number): Launch => ({ flags: ['--import', PRELOAD], env: { KILL_AT: `${when} ${line}` } });
const PATIENT = { timeoutMs: 60_000 };

type Point = readonly [when: string, line: number, what: string, outcome: string, runs: number];
/** Lines of the journal in the life of a job, and what the control plane has to hear when the agent dies there. */
const ENDS_BY_ITSELF: readonly Point[] = [
  ['before', 1, 'it is taken', 'succeeded', 1], ['after', 1, 'it is taken', 'succeeded', 1],
  ['before', 2, 'it is started', 'succeeded', 1], ['after', 2, 'it is started', 'lost', 0],
  ['before', 3, 'it has ended', 'lost', 1], ['after', 3, 'it has ended', 'succeeded', 1],
  ['before', 4, 'its end was told', 'succeeded', 1], ['after', 4, 'its end was told', 'succeeded', 1],
];
const IS_CANCELLED: readonly Point[] = [['before', 3, 'it has ended', 'lost', 1], ['after', 3, 'it has ended', 'cancelled', 1]];

describe.for([['that ends by itself', 'exit 0', ENDS_BY_ITSELF], ['that is cancelled', 'touch "$CITRUS_APP_DIR/cancel-me"; sleep 300 & wait', IS_CANCELLED]] as const)('a job %s', ([, script, points]) => {
  test.for(points)('is told and runs once at most when the agent dies %s line %i: %s', { timeout: 120_000 }, async ([when, line, , outcome, runs], { plane }) => {
    const agent = await startAgent(plane, { launch: killing(when, line) });
    try {
      await eventually(() => plane.told.hellos.length > 0, PATIENT);
      const app = join(agent.config.stateDir, 'apps/probe');
      const job = plane.runJob({ installerDigest: plane.publish(`echo ran >>"$CITRUS_APP_DIR/runs"; ${script}`) });
      // Open until its end is known, as in agent-mgmt; a doorbell that is not answered is nothing.
      plane.open.push(plane.sign(job));
      void plane.ring(plane.open[0]).catch(() => undefined);
      if (script.includes('cancel-me')) {
        await eventually(() => existsSync(join(app, 'cancel-me')), PATIENT);
        void plane.ring(plane.sign({ ...plane.common(), type: 'cancel-job', jobId: job.jobId, attempt: 1 })).catch(() => undefined);
      }
      expect(await agent.ended()).toBe(null);
      agent.start();
      const report = await eventually(() => plane.finishedOf(job.jobId).at(-1) ?? Promise.reject(new Error('no report yet')), PATIENT);
      // Asked for once more, it says the same again and does nothing.
      const before = plane.finishedOf(job.jobId).length;
      await eventually(async () => (await plane.ring(plane.open[0]))?.outcome === 'accepted', PATIENT);
      await eventually(() => plane.finishedOf(job.jobId).length > before, PATIENT);
      expect(new Set(plane.finishedOf(job.jobId).map((each) => `${each.outcome} ${each.logDigest}`))).toEqual(new Set([`${outcome} ${report.logDigest}`]));
      expect(await readFile(join(app, 'runs'), 'utf8').catch(() => '')).toBe('ran\n'.repeat(runs));
      const reply = await plane.ring(plane.sign({ ...plane.common(), type: 'read-log', jobId: job.jobId, attempt: 1, fromSeq: 1, toSeq: 1000 }));
      const text = reply?.outcome === 'log' ? reply.chunks.map((chunk) => chunk.text).join('') : '';
      expect(createHash('sha256').update(text).digest('hex')).toBe(report.logDigest);
    } finally {
      await agent.discard();
    }
  });
});
