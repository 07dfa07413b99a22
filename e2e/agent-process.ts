import { readdirSync, readFileSync } from 'node:fs';
import type { ServerView } from './client.ts';

/** The agent of a droplet of the process driver, found by the address that its programs are told. */
export const agentOf = (server: ServerView): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const isAgent = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('agent.mjs');
        return isAgent && readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`SERVER_ADDRESS=${server.ipAddress}`);
      } catch {
        return false; // it ended while we looked
      }
    })
    .map(Number);
