/** How soon people are told the truth about who is there. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Person } from './person.ts';

const PAGE = 200;
const LOOK_EVERY_MS = 250;
type Listed = { readonly items: { readonly id: string; readonly online: boolean }[]; readonly nextCursor: string | null };

const onlineNow = async (person: Person): Promise<Map<string, boolean>> => {
  const online = new Map<string, boolean>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Listed = await person.ask<Listed>('GET', `/api/agents?limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    for (const agent of page.items) online.set(agent.id, agent.online);
    cursor = page.nextCursor;
  }
  return online;
};

/** Seconds until the hub says of every agent what is true. @throws when it does not in time, with how many it is wrong about */
export const untilPresenceIsRight = async (person: Person, truth: ReadonlyMap<string, boolean>, withinMs: number): Promise<number> => {
  const startedAt = performance.now();
  for (;;) {
    const told = await onlineNow(person);
    const wrong = [...truth].filter(([agentId, isOnline]) => told.get(agentId) !== isOnline);
    const seconds = (performance.now() - startedAt) / 1000;
    if (wrong.length === 0) return seconds;
    if (seconds * 1000 > withinMs) throw new Error(`after ${seconds.toFixed(0)} s presence is wrong about ${wrong.length} of ${truth.size} agents: ${wrong.slice(0, 5).map(([id, is]) => `${id} is ${is ? 'online' : 'offline'}`).join(', ')} …`);
    await delay(LOOK_EVERY_MS);
  }
};
