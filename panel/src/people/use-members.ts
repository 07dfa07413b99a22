import type { Member } from '@citrus/contracts';
import type { Page } from '../api/types.ts';
import { useResource } from '../live/resource.ts';

/** The project's members, for rooms that tell who did something. */
export const useMembers = () => useResource<Page<Member>>('/api/members?limit=200', { touchedBy: ({ type }) => type.startsWith('Membership') || type.startsWith('User') || type === 'SubjectErased' });
