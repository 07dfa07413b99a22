/**
 * The project that is looked at. Somebody in several chooses one; the choice is this tab's own and the next tab's first,
 * per person. An address may name one, too (`/servers/…?project=<id>`), so that a link leads to where it was copied.
 */
import { computed, effect, signal } from '@preact/signals';
import { me } from './me.ts';

const chosen = signal<string | undefined>(undefined);

/** Undefined for somebody in no project. */
export const projectId = computed((): string | undefined => {
  const mine = me.value?.memberships ?? [];
  return (mine.find((membership) => membership.projectId === chosen.value) ?? mine[0])?.projectId;
});

const keyOf = (userId: string): string => `citrus-project-${userId}`;

/** A browser may forbid its storage; then the choice lives as long as the page. */
const stores = (): Storage[] => {
  try {
    return [sessionStorage, localStorage];
  } catch {
    return [];
  }
};

const keptFor = (userId: string): string | undefined => stores().map((store) => store.getItem(keyOf(userId))).find((kept) => kept !== null) ?? undefined;

export const chooseProject = (id: string): void => {
  chosen.value = id;
  const userId = me.value?.userId;
  if (userId) for (const store of stores()) store.setItem(keyOf(userId), id);
};

const userId = computed(() => me.value?.userId);
effect(() => {
  if (!userId.value) return;
  const named = typeof location === 'undefined' ? null : new URLSearchParams(location.search).get('project');
  if (named) chooseProject(named);
  else chosen.value = keptFor(userId.value);
});
