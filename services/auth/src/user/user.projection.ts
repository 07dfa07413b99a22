/** Who may sign in. What is personal stays sealed in the row; `users.store.ts` opens it. */
import { defineFold } from '@citrus/kit-event-store';
import { userOf, type PersonalText } from '../subject/personal-text.ts';
import type { UserEvent } from './user.events.ts';

type UserRow = { user_id: string; email: PersonalText; name: PersonalText; password: PersonalText; created_at: string };

export const usersProjection = defineFold<UserRow>({
  name: 'users',
  version: 3,
  table: 'users',
  key: ['user_id'],
  handles: ['UserCreated', 'PasswordChanged', 'PasswordResealed', 'SubjectErased'] satisfies UserEvent['type'][],
  keyOf: ({ data }) => [typeof data['subjectId'] === 'string' ? userOf(data['subjectId']) : String(data['userId'])],
  evolve: (row, envelope) => {
    const { type, data } = envelope as unknown as Extract<UserEvent, { type: 'UserCreated' | 'PasswordChanged' | 'PasswordResealed' | 'SubjectErased' }>;
    switch (type) {
      case 'UserCreated':
        return { user_id: data.userId, email: data.email, name: data.name, password: data.password, created_at: envelope.at };
      case 'PasswordChanged':
      case 'PasswordResealed':
        return row && { ...row, password: data.password };
      case 'SubjectErased':
        return undefined;
    }
  },
});
