/**
 * A job's log of two hundred thousand lines in a real browser. The job ran on an agent of the swarm; what its script would have
 * written is put into agent-mgmt's table in pieces as the agent sends them, and from there on everything is real.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openPool } from '@citrus/kit-event-store';
import type { Browser } from 'playwright-core';
import type { LifecycleSite } from '../lifecycle/site.ts';
import { median, type Part } from '../measure.ts';
import type { Visitor } from './visitor.ts';

const LINES_A_PIECE = 100;
const ROUNDS = 3;
const MAY_TAKE_MS = 120_000;
const INSTALLER = 'fleet-job';

type Job = { readonly id: string; readonly status: string; readonly attempt: number };

const openBrowser = async (): Promise<Browser> => {
  const { openBrowser: open } = (await import(new URL('../../../e2e/dist/browser.js', import.meta.url).href)) as { openBrowser: () => Promise<Browser> };
  return open();
};

const finishedJob = async (visitor: Visitor): Promise<Job> => {
  const { id: serverId } = await visitor.ask<{ id: string }>('POST', '/api/servers', { name: 'long-log' });
  await visitor.untilNothingIsOnTheWay();
  const { id } = await visitor.ask<Job>('POST', '/api/jobs', { serverId, installer: INSTALLER });
  for (const until = performance.now() + MAY_TAKE_MS; performance.now() < until; await delay(200)) {
    const job = await visitor.ask<Job>('GET', `/api/jobs/${id}`);
    if (job.status === 'succeeded' && (await visitor.ask<{ complete: boolean }>('GET', `/api/jobs/${id}/log`)).complete) return job;
  }
  throw new Error('the job did not succeed');
};

/** What a package manager writes looks like this: mostly plain, some of it coloured. */
const lineOf = (n: number): string => (n % 50 === 0 ? `\u001b[32m✓\u001b[0m line ${n} of the output` : `line ${n} of the output, as long as lines of package managers are on average, more or less`);

const write = async ({ home }: LifecycleSite, { id, attempt }: Job, lines: number): Promise<void> => {
  const { postgres } = JSON.parse(readFileSync(join(home, 'ports.json'), 'utf8')) as { postgres: number };
  const role = 'citrus_agent_mgmt';
  const pool = openPool({ databaseUrl: `postgres://${role}:${readFileSync(join(home, 'secrets', `${role}.password`), 'utf8')}@127.0.0.1:${postgres}/${role}`, max: 1 });
  try {
    const pieces = Array.from({ length: Math.ceil(lines / LINES_A_PIECE) }, (_, piece) => Array.from({ length: Math.min(LINES_A_PIECE, lines - piece * LINES_A_PIECE) }, (_, n) => `${lineOf(piece * LINES_A_PIECE + n + 1)}\n`).join(''));
    await pool.query(`delete from job_log where job_id = $1`, [id]);
    await pool.query(`insert into job_log (job_id, attempt, seq, at, text, cursor) select $1, $2, n, now(), text, n from unnest($3::text[]) with ordinality as p (text, n)`, [id, attempt, pieces]);
    await pool.query(`insert into job_log_heads (job_id, last_cursor) values ($1, $2) on conflict (job_id) do update set last_cursor = excluded.last_cursor`, [id, pieces.length]);
  } finally {
    await pool.end();
  }
};

/** In the page. */
const isShown = (text: string): boolean =>
  (globalThis as unknown as { document: { querySelector(place: string): { textContent: string } | null } }).document.querySelector('.log-block:last-child .log-line:last-child')?.textContent.includes(text) ?? false;

/** In the page: whether the line that the address names is where somebody looks. */
const isInSight = (number: number): boolean => {
  type Box = { readonly top: number; readonly bottom: number };
  type Place = { querySelector(place: string): Place | null; closest(place: string): Place | null; getBoundingClientRect(): Box };
  const line = (globalThis as unknown as { document: Place }).document.querySelector(`.marked[data-line="${number}"]`);
  const [at, view] = [line?.getBoundingClientRect(), line?.closest('.log-lines')?.getBoundingClientRect()];
  return at !== undefined && view !== undefined && at.top >= view.top && at.bottom <= view.bottom;
};

export const measureLongLog = async (site: LifecycleSite, visitor: Visitor, { lines }: { lines: number }): Promise<Part> => {
  const job = await finishedJob(visitor);
  await write(site, job, lines);
  const { url, email, password } = site.credentials;
  const browser = await openBrowser();
  try {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(MAY_TAKE_MS);
    await page.goto(url);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('navigation', { name: 'Rooms' }).waitFor();
    const tookMs: number[] = [];
    for (let n = 0; n < ROUNDS; n += 1) {
      const startedAt = performance.now();
      await page.goto(`${url}/jobs/${job.id}`, { waitUntil: 'commit' });
      await page.waitForFunction(isShown, `line ${lines} of`, { polling: 'raf' });
      tookMs.push(performance.now() - startedAt);
    }
    const linked = Math.ceil(lines * 0.75);
    const linkedAt = performance.now();
    await page.goto('about:blank');
    await page.goto(`${url}/jobs/${job.id}#L${linked}`, { waitUntil: 'commit' });
    await page.waitForFunction(isInSight, linked, { polling: 'raf' });
    const [ms, linkMs] = [Math.round(median(tookMs)), Math.round(performance.now() - linkedAt)];
    return {
      rows: [{ name: `a log of ${lines} lines, navigation to its last line in the page`, unit: 'ms', ours: ms }, { name: `  a link to its line ${linked}, until it is in sight`, unit: 'ms', ours: linkMs }],
      metrics: { [lines === 200_000 ? 'log_200k_lines_ms' : `log_${lines}_lines_ms`]: ms, log_link_ms: linkMs },
    };
  } finally {
    await browser.close();
  }
};
