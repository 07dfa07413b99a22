import type { Server } from '@citrus/contracts';
import { strings } from '../strings.ts';

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
const SUFFIX: Record<Intl.LDMLPluralRule, string> = { one: 'st', two: 'nd', few: 'rd', other: 'th', zero: 'th', many: 'th' };
const ordinal = (place: number): string => `${place}${SUFFIX[ordinals.select(place)]}`;

/** Whose turn it is before a server that waits for its machine, and what keeps all of them. */
export const placeSentence = ({ position, of, waitsFor }: NonNullable<Server['queue']>): string =>
  [strings.server.queuePlace(ordinal(position), of), ...(waitsFor === null ? [] : [waitsFor])].join(' ');
