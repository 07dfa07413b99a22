import type { Operation } from './provider.port.ts';

/** Both clouds count their ids up and tell creation times in whole seconds. */
type Aged = { readonly ref: string; readonly createdAt: string };

/** Oldest first; the ids decide within one second. */
export const byAge = (a: Aged, b: Aged): number => Date.parse(a.createdAt) - Date.parse(b.createdAt) || a.ref.length - b.ref.length || (a.ref < b.ref ? -1 : 1);
export const byStart = (a: Operation, b: Operation): number => byAge({ ref: a.opRef, createdAt: a.startedAt }, { ref: b.opRef, createdAt: b.startedAt });
