/** The rooms that the bar leads to, in two groups, each for those who may go there. `key`: pressed after `g`. */
import { isAdministrator, may } from '../session/rights.ts';
import { strings } from '../strings.ts';

export type Door = { readonly href: string; readonly text: string; readonly key: string; readonly isOpen: () => boolean };

const FLEET: readonly Door[] = [
  { href: '/servers', text: strings.servers.title, key: 's', isOpen: () => may('viewer') },
  { href: '/groups', text: strings.shell.groups, key: 'u', isOpen: () => may('viewer') },
  { href: '/bundles', text: strings.shell.bundles, key: 'b', isOpen: () => may('viewer') },
  { href: '/jobs', text: strings.jobs.title, key: 'j', isOpen: () => may('viewer') },
  { href: '/runs', text: strings.shell.runs, key: 'r', isOpen: () => may('viewer') },
  { href: '/events', text: strings.events.title, key: 'e', isOpen: () => may('analyst') },
];
const HOUSE: readonly Door[] = [
  { href: '/people', text: strings.shell.people, key: 'p', isOpen: () => may('viewer') },
  { href: '/clouds', text: strings.shell.clouds, key: 'c', isOpen: () => may('admin') },
  { href: '/webhooks', text: strings.shell.webhooks, key: 'w', isOpen: () => may('admin') },
  { href: '/audit', text: strings.shell.audit, key: 'a', isOpen: () => may('admin') || isAdministrator() },
  { href: '/administration', text: strings.shell.administration, key: 'i', isOpen: isAdministrator },
];

/** Not in the bar's list, and to be gone to by keys all the same. */
export const ACCOUNT: Door = { href: '/account', text: strings.shell.account, key: 'm', isOpen: () => true };

/** By group; a group that nobody may enter is left out. */
export const openDoors = (): readonly (readonly Door[])[] => [FLEET, HOUSE].map((doors) => doors.filter(({ isOpen }) => isOpen())).filter(({ length }) => length > 0);
export const openRooms = (): readonly Door[] => openDoors().flat();

export const isIn = (path: string, { href }: Door): boolean => path === href || path.startsWith(`${href}/`);

/** What is about one server or job is not there in another project. */
export const roomOf = (path: string): string => openRooms().find((door) => isIn(path, door))?.href ?? '/';
