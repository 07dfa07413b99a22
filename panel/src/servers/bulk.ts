/** Something that is done to several servers: to which of those that were chosen, why not to the others, and doing it. */
import type { LiveServer } from '../api/types.ts';
import { canAct, powerChoices, type PowerType } from './actions.ts';
import { fleetWords } from './fleet-words.ts';

const t = fleetWords.bulk;

export type Doing = { readonly kind: 'power'; readonly type: PowerType } | { readonly kind: 'maintenance'; readonly isOn: boolean } | { readonly kind: 'protection'; readonly isProtected: boolean } | { readonly kind: 'labels' } | { readonly kind: 'ping' } | { readonly kind: 'delete' };

/** Why it is not done to a server; undefined when it is. The services have the last word. */
export const obstacleTo = (doing: Doing, server: LiveServer): string | undefined => {
  if (server.status === 'deleting' || server.status === 'deleted') return t.isDeleted;
  switch (doing.kind) {
    case 'power':
      if (server.provider === 'none') return t.noCloud;
      if (!canAct(server)) return t.noMachine;
      if (server.action) return t.isBusy;
      return powerChoices(server).includes(doing.type) ? undefined : server.power === 'on' ? t.isOn : t.isOff;
    case 'maintenance': return doing.isOn === (server.maintenance !== null) ? (doing.isOn ? t.inMaintenance : t.notInMaintenance) : undefined;
    case 'protection': return doing.isProtected === server.isProtected ? (doing.isProtected ? t.isProtected : t.isUnprotected) : undefined;
    case 'labels':
    case 'ping': return server.agentId === null ? t.noAgent : undefined;
    case 'delete': return server.isProtected ? t.isProtected : undefined;
  }
};

export type Result = { readonly state: 'waiting' | 'working' | 'done' | 'failed'; readonly text?: string };

/** So many at once: the hub limits what one person may ask for. */
const AT_ONCE = 4;

/** One after the other, some at once; each result is told as it comes. One that fails holds nobody up. */
export const doToAll = async <Item>(items: readonly Item[], work: (item: Item) => Promise<string | undefined>, tell: (item: Item, result: Result) => void): Promise<void> => {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      tell(item, { state: 'working' });
      try {
        const text = await work(item);
        tell(item, { state: 'done', ...(text !== undefined && { text }) });
      } catch (error) {
        tell(item, { state: 'failed', text: error instanceof Error ? error.message : String(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
};
