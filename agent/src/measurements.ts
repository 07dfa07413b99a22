/** What a heartbeat carries about the machine, read from /proc. Missing files (a hardened container) count as zero. */
import type { Measurements } from '@citrus/contracts';
import { statfsSync } from 'node:fs';
import { readIfThere } from './files.ts';

export type { Measurements };
type CpuTimes = { readonly busy: number; readonly all: number };

const proc = (file: string): string => readIfThere(`/proc/${file}`) ?? '';

/** First line of /proc/stat: user nice system idle iowait irq softirq steal; waiting for a disk is not being busy. */
export const parseCpuTimes = (stat: string): CpuTimes => {
  const times = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').slice(0, 8).map(Number);
  const all = times.reduce((sum, time) => sum + time, 0);
  return { all, busy: all - (times[3] ?? 0) - (times[4] ?? 0) };
};

export const cpuPercent = (before: CpuTimes, now: CpuTimes): number =>
  now.all > before.all ? Math.min(100, Math.max(0, (100 * (now.busy - before.busy)) / (now.all - before.all))) : 0;

export const parseMemory = (meminfo: string): { used: number; total: number } => {
  const read = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;
  const total = read('MemTotal');
  return { total, used: total - read('MemAvailable') };
};

/** Bytes received and sent over every interface but the loopback. */
export const parseNetwork = (dev: string): { received: number; sent: number } => {
  const sums = { received: 0, sent: 0 };
  for (const line of dev.split('\n')) {
    const [name, rest] = line.split(':');
    if (rest === undefined || name?.trim() === 'lo') continue;
    const fields = rest.trim().split(/\s+/).map(Number);
    sums.received += fields[0] ?? 0;
    sums.sent += fields[8] ?? 0;
  }
  return sums;
};

export const createMeasuring = (): (() => Measurements) => {
  let before = parseCpuTimes(proc('stat'));
  return () => {
    const now = parseCpuTimes(proc('stat'));
    const percent = cpuPercent(before, now);
    before = now;
    const memory = parseMemory(proc('meminfo'));
    const network = parseNetwork(proc('net/dev'));
    const disk = statfsSync('/');
    return {
      load1: Number(proc('loadavg').split(' ')[0]) || 0,
      cpuPercent: Math.round(percent * 10) / 10,
      memoryUsedBytes: memory.used, memoryTotalBytes: memory.total,
      diskUsedBytes: (disk.blocks - disk.bfree) * disk.bsize, diskTotalBytes: disk.blocks * disk.bsize,
      networkInBytes: network.received, networkOutBytes: network.sent,
      uptimeSeconds: Number(proc('uptime').split(' ')[0]) || 0,
    };
  };
};
