/** By which column the table is sorted; kept in the address as `name` or `-name`. */
import type { LiveServer } from '../api/types.ts';
import type { Board } from './use-board.ts';
import { heardAt } from './use-fleet.ts';

export const COLUMNS = ['name', 'state', 'seen', 'apps', 'cpu', 'created'] as const;
export type Column = (typeof COLUMNS)[number];
export type Sorting = { readonly column: Column; readonly isDown: boolean };

export const sortingIn = (text: string | null): Sorting => {
  const isDown = text?.startsWith('-') === true;
  const column = COLUMNS.find((each) => each === (isDown ? text?.slice(1) : text));
  return column ? { column, isDown } : { column: 'name', isDown: false };
};
export const sortingText = ({ column, isDown }: Sorting): string => `${isDown ? '-' : ''}${column}`;
export const turned = (now: Sorting, column: Column): Sorting => ({ column, isDown: now.column === column && !now.isDown });

const ORDER: Readonly<Record<LiveServer['status'], number>> = { failed: 0, deleting: 1, creating: 2, provisioning: 3, initializing: 4, active: 5, deleted: 6 };
/** Numbers in names count: web-2 before web-10. */
const names = new Intl.Collator('en', { numeric: true });

const valueOf = (server: LiveServer, column: Column, board: Board): number | string => {
  switch (column) {
    case 'name': return server.name;
    case 'state': return ORDER[server.status];
    case 'seen': return heardAt(server).peek() ?? '';
    case 'apps': return board.get(server.id)?.apps.length ?? 0;
    case 'cpu': return board.get(server.id)?.load?.cpuPercent.at(-1) ?? -1;
    case 'created': return server.createdAt;
  }
};

export const sortServers = (servers: readonly LiveServer[], { column, isDown }: Sorting, board: Board): LiveServer[] => {
  const sign = isDown ? -1 : 1;
  return servers.toSorted((a, b) => {
    const [left, right] = [valueOf(a, column, board), valueOf(b, column, board)];
    const order = typeof left === 'number' && typeof right === 'number' ? left - right : names.compare(String(left), String(right));
    return order === 0 ? names.compare(a.name, b.name) : sign * order;
  });
};
