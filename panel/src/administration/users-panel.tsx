import type { User } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { EraseDialog } from '../account/erase-dialog.tsx';
import { post, remove } from '../api/client.ts';
import { me } from '../session/me.ts';
import { recognise } from '../session/session.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Panel } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { RecoverDialog } from './recover-dialog.tsx';
import { words as t } from './words.ts';

type Asking = { readonly what: 'grant' | 'revoke' | 'signOut' | 'recover' | 'reset' | 'erase'; readonly user: User };

const isMe = ({ userId }: User): boolean => userId === me.value?.userId;

const Row = ({ user, onAsk }: { user: User; onAsk: (asking: Asking) => void }) => (
  <tr>
    <th scope="row">
      {user.name}{isMe(user) && <span class="fine"> {strings.people.you}</span>} {user.isAdministrator && <Badge tone="warn" icon="key">{t.administrator}</Badge>}
      <p class="fine breaks">{user.email}</p>
    </th>
    <td class="phone-off">
      {user.memberships.length === 0 && <span class="fine">–</span>}
      {user.memberships.map(({ projectId, projectName, role }) => <p key={projectId}>{projectName} <span class="fine">{strings.roles.name[role].toLowerCase()}</span></p>)}
    </td>
    <td class="tablet-off fine nowrap"><Ago at={user.createdAt} /></td>
    <td class="number row-actions">
      {user.isAdministrator
        ? <button type="button" class="small plain" aria-label={t.revokeOf(user.name)} onClick={() => onAsk({ what: 'revoke', user })}>{t.revoke}</button>
        : <button type="button" class="small plain" aria-label={t.grantOf(user.name)} onClick={() => onAsk({ what: 'grant', user })}>{t.grant}</button>}
      {!isMe(user) && <button type="button" class="small plain" aria-label={t.signOutOf(user.name)} onClick={() => onAsk({ what: 'signOut', user })}>{t.signOut}</button>}
      {!isMe(user) && <button type="button" class="small plain" aria-label={t.recoverOf(user.name)} onClick={() => onAsk({ what: 'recover', user })}>{t.recover}</button>}
      {!isMe(user) && <button type="button" class="small plain" aria-label={t.resetOf(user.name)} onClick={() => onAsk({ what: 'reset', user })}>{t.reset}</button>}
      {!isMe(user) && <button type="button" class="small plain" aria-label={t.eraseOf(user.name)} onClick={() => onAsk({ what: 'erase', user })}>{t.erase}</button>}
    </td>
  </tr>
);

const Answer = ({ asking: { what, user }, onDone, onClose }: { asking: Asking; onDone: () => Promise<void>; onClose: () => void }) => {
  const after = async (work: Promise<unknown>): Promise<void> => {
    await work;
    if (isMe(user)) await recognise();
    else await onDone();
  };
  const administrator = `/api/users/${user.userId}/administrator`;
  switch (what) {
    case 'grant': return <Confirm title={t.grantTitle(user.name)} submit={t.grant} isDanger={false} onConfirm={() => after(post(administrator))} onClose={onClose}><p>{t.grantMeans}</p></Confirm>;
    case 'revoke': return <Confirm title={t.revokeTitle(user.name)} submit={t.revoke} onConfirm={() => after(remove(administrator))} onClose={onClose}><p>{isMe(user) ? t.revokeOwnMeans : t.revokeMeans(user.name)}</p></Confirm>;
    case 'signOut': return <Confirm title={t.signOutTitle(user.name)} submit={t.signOut} onConfirm={() => after(post(`/api/users/${user.userId}/sign-out`))} onClose={onClose}><p>{t.signOutMeans}</p></Confirm>;
    case 'recover': return <RecoverDialog user={user} onClose={onClose} />;
    case 'reset': return <Confirm title={t.resetTitle(user.name)} submit={t.reset} onConfirm={() => after(post(`/api/users/${user.userId}/second-factor/reset`))} onClose={onClose}><p>{t.resetMeans}</p></Confirm>;
    case 'erase': return <EraseDialog title={t.eraseTitle(user.name)} consequence={t.eraseMeans} email={user.email} onErase={() => after(remove(`/api/users/${user.userId}/personal-data`)).then(onClose)} onClose={onClose} />;
  }
};

export const UsersPanel = () => {
  const users = usePages<User>('/api/users?limit=100', { touchedBy: ({ type }) => type.startsWith('Membership') || type === 'SubjectErased' });
  const asking = useSignal<Asking | undefined>(undefined);
  return (
    <Panel title={t.users} aside={users.items && <span class="count">{users.items.length}</span>}>
      {!users.items && <ProblemNote problem={users.problem} onRetry={() => void users.refresh()} />}
      {users.items && (
        <div class="table-shell people">
          <table>
            <caption class="unseen">{t.users}</caption>
            <thead>
              <tr>
                <th scope="col">{strings.people.name}</th><th scope="col" class="phone-off">{strings.account.projects}</th>
                <th scope="col" class="tablet-off">{t.since}</th><th scope="col"><span class="unseen">{strings.people.actions}</span></th>
              </tr>
            </thead>
            <tbody>{users.items.map((user) => <Row key={user.userId} user={user} onAsk={(wish) => { asking.value = wish; }} />)}</tbody>
          </table>
        </div>
      )}
      <More more={users.more} text={strings.people.more} />
      {asking.value && <Answer asking={asking.value} onDone={users.refresh} onClose={() => { asking.value = undefined; }} />}
    </Panel>
  );
};
