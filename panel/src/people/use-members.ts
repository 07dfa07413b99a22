import type { Member } from '@citrus/contracts';
import type { Page } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';

/** The project's members, for rooms that tell who did something. */
export const useMembers = () => useResource<Page<Member>>(may('viewer') ? '/api/members?limit=200' : undefined, { touchedBy: ({ type }) => type.startsWith('Membership') || type.startsWith('User') || type === 'SubjectErased' });
