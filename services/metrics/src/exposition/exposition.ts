/**
 * What is known, in Prometheus text format. Sums only, never a server's or a project's name: the hub serves it to
 * whoever scrapes, without a sign-in.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import type { JobCount } from '../activity/activity.store.ts';
import type { SampleStore } from '../sample/sample.store.ts';

export type Known = { readonly jobs: readonly JobCount[]; readonly machines: Awaited<ReturnType<SampleStore['sums']>> };

const exposeJobs = (registry: Registry, jobs: readonly JobCount[]): void => {
  const finished = new Counter({ name: 'citrus_jobs_total', help: 'Jobs that have ended, by app and result', labelNames: ['app', 'action', 'result'], registers: [registry] });
  const open = new Gauge({ name: 'citrus_jobs_open', help: 'Jobs that wait or run, by app', labelNames: ['app', 'action'], registers: [registry] });
  for (const { app, action, result, count } of jobs) {
    if (result === null) open.set({ app, action }, count);
    else finished.inc({ app, action, result }, count);
  }
};

const exposeMachines = (registry: Registry, machines: Known['machines']): void => {
  const gauge = (name: string, help: string, labelNames: string[] = []) => new Gauge({ name, help, labelNames, registers: [registry] });
  const agents = gauge('citrus_agents', 'Agents by whether they were heard of lately', ['state']);
  agents.set({ state: 'up' }, machines.up);
  agents.set({ state: 'down' }, machines.down);
  gauge('citrus_machines_cpu_percent', 'CPU use of the machines that are up, on average').set(machines.cpuPercent);
  const memory = gauge('citrus_machines_memory_bytes', 'Memory of the machines that are up, added up', ['kind']);
  memory.set({ kind: 'used' }, machines.memoryUsed);
  memory.set({ kind: 'total' }, machines.memoryTotal);
  const disk = gauge('citrus_machines_disk_bytes', 'Disk space of the machines that are up, added up', ['kind']);
  disk.set({ kind: 'used' }, machines.diskUsed);
  disk.set({ kind: 'total' }, machines.diskTotal);
};

export const exposition = async ({ jobs, machines }: Known): Promise<string> => {
  const registry = new Registry();
  exposeJobs(registry, jobs);
  exposeMachines(registry, machines);
  return await registry.metrics();
};
