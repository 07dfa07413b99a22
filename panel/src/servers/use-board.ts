/** Apps, the job at work, labels and load of the servers that are shown; one call for a page of them, never one a server. */
import type { BoardRow, ServerLoad } from '@citrus/contracts';
import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { post } from '../api/client.ts';
import { listen } from '../live/facts.ts';
import { createReadAgain } from '../live/read-again.ts';

export type Row = BoardRow & { readonly load: Omit<ServerLoad, 'serverId'> | null };
export type Board = ReadonlyMap<string, Row>;

const PAGE = 200;
const EVERY_MS = 10_000;
/** Charts of half an hour change slowly. */
const LOAD_EVERY_MS = 60_000;

const pagesOf = (ids: readonly string[]): string[][] => Array.from({ length: Math.ceil(ids.length / PAGE) }, (_, page) => ids.slice(page * PAGE, (page + 1) * PAGE));

/** The rows as they were for those that are as they were; a chart stays until there is a newer one. */
export const mergeRows = (before: Board, rows: readonly Row[]): Board => {
  const merged = new Map(before);
  for (const row of rows) {
    const old = before.get(row.serverId);
    const now = { ...row, load: row.load ?? old?.load ?? null };
    if (!old || JSON.stringify(old) !== JSON.stringify(now)) merged.set(row.serverId, now);
  }
  return merged;
};

export const useBoard = (ids: readonly string[]): ReadonlySignal<Board> => {
  const board = useSignal<Board>(new Map());
  const asked = ids.join();
  useEffect(() => {
    if (asked === '') return undefined;
    let isOver = false;
    let loadAt = -Infinity;
    const read = async (): Promise<void> => {
      const withLoad = performance.now() - loadAt >= LOAD_EVERY_MS;
      if (withLoad) loadAt = performance.now();
      for (const serverIds of pagesOf(asked.split(','))) {
        try {
          const { items } = await post<{ items: Row[] }>('/api/servers/board', { serverIds, withLoad });
          if (isOver) return;
          board.value = mergeRows(board.value, items);
        } catch {
          // The table is of use without these columns; the next turn asks again.
          return;
        }
      }
    };
    void read();
    const again = createReadAgain(() => void read());
    const stop = listen({ onFact: ({ stream }) => { if (stream.startsWith('job-') || stream.startsWith('app-')) again.touch(); }, onReturn: () => void read() });
    const timer = setInterval(() => { if (document.visibilityState === 'visible') void read(); }, EVERY_MS);
    return () => {
      isOver = true;
      stop();
      again.cancel();
      clearInterval(timer);
    };
  }, [asked]);
  return board;
};
