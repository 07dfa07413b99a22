/** One job for every agent, from the request to the last event, and whether every event is in the log. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openEventStore, openPool } from '@citrus/kit-event-store';
import type { EnrolledAgent } from '@citrus/agent/embedding';
import type { Person } from './person.ts';

const ASKED_AT_ONCE = 32;
const PAGE = 1000;
const LOOK_EVERY_MS = 500;
const UNFINISHED = ['queued', 'dispatched', 'running', 'cancelling'];
const EVENTS = ['JobQueued', 'JobDispatched', 'JobStarted', 'JobFinished'];
const INSTALLER = 'fleet-job';

const MANIFEST = `id: ${INSTALLER}
name: Fleet job
version: 1.0.0
description: What the benchmark runs on every agent; the swarm plays the script.
category: other
author: Citrus
portable: true
os_requirements: { families: [any] }
`;

/** A folder with the one installer that is needed. */
export const writeInstaller = (dir: string): string => {
  const folder = join(dir, 'installers');
  mkdirSync(join(folder, INSTALLER), { recursive: true });
  writeFileSync(join(folder, INSTALLER, 'manifest.yml'), MANIFEST);
  writeFileSync(join(folder, INSTALLER, 'install.sh'), '#!/bin/bash\necho done\n', { mode: 0o755 });
  return folder;
};

const queueAll = async (person: Person, fleet: readonly EnrolledAgent[]): Promise<Set<string>> => {
  const [left, jobs] = [[...fleet], new Set<string>()];
  const worker = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const { id } = await person.ask<{ id: string }>('POST', '/api/jobs', { serverId: next.welcome.serverId, installer: INSTALLER, action: 'install', inputs: {} });
      jobs.add(id);
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, worker));
  return jobs;
};

const isAnyUnfinished = async (person: Person): Promise<boolean> => {
  for (const status of UNFINISHED) {
    const { items } = await person.ask<{ items: unknown[] }>('GET', `/api/jobs?status=${status}&limit=1`);
    if (items.length > 0) return true;
  }
  return false;
};

/** What the log has of each of these jobs. */
const eventsOf = async (databaseUrl: string, jobs: ReadonlySet<string>) => {
  const pool = openPool({ databaseUrl, max: 2 });
  try {
    const store = openEventStore({ pool, service: 'agent-mgmt' });
    const byJob = new Map<string, string[]>();
    let [lastAt, failed] = [0, 0];
    for (let after = 0; ; ) {
      const { events } = await store.read({ after, limit: PAGE, category: 'job' });
      for (const { type, data, at, position } of events) {
        after = position;
        const jobId = String(data['jobId']);
        if (!jobs.has(jobId)) continue;
        byJob.set(jobId, [...(byJob.get(jobId) ?? []), type]);
        if (type !== 'JobFinished') continue;
        lastAt = Math.max(lastAt, Date.parse(at));
        if (data['status'] !== 'succeeded') failed += 1;
      }
      if (events.length === 0) return { byJob, lastAt, failed };
    }
  } finally {
    await pool.end();
  }
};

export type JobFigures = { readonly perSecond: number; readonly queuedPerSecond: number; readonly again: number };

/** @throws when a job has not succeeded, or an event of it is not there */
export const measureJobs = async (person: Person, { fleet, databaseUrl, withinMs }: { fleet: readonly EnrolledAgent[]; databaseUrl: string; withinMs: number }): Promise<JobFigures> => {
  const startedAt = Date.now();
  const jobs = await queueAll(person, fleet);
  const queuedMs = Date.now() - startedAt;
  while (await isAnyUnfinished(person)) {
    if (Date.now() - startedAt > withinMs) throw new Error(`after ${withinMs / 1000} s not all jobs have ended`);
    await delay(LOOK_EVERY_MS);
  }
  const { byJob, lastAt, failed } = await eventsOf(databaseUrl, jobs);
  const incomplete = [...jobs].filter((jobId) => EVENTS.some((type) => !byJob.get(jobId)?.includes(type)));
  if (failed > 0 || incomplete.length > 0) throw new Error(`${failed} jobs did not succeed; ${incomplete.length} lack an event, as ${incomplete[0]} with ${byJob.get(incomplete[0] ?? '')?.join(', ')}`);
  const again = [...byJob.values()].filter((types) => types.length !== EVENTS.length).length;
  return { perSecond: (jobs.size * 1000) / (lastAt - startedAt), queuedPerSecond: (jobs.size * 1000) / queuedMs, again };
};
