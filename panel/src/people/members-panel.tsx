import type { Member, Role } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { useLocation } from 'wouter-preact';
import { post, remove } from '../api/client.ts';
import { me } from '../session/me.ts';
import { isAtLeast, ownRole, rolesToGive } from '../session/rights.ts';
import { recognise } from '../session/session.ts';
import { strings } from '../strings.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { RoleChoice } from '../ui/role-choice.tsx';

const t = strings.people;
type Asking = { readonly what: 'role' | 'remove'; readonly member: Member };

const isMe = ({ userId }: Member): boolean => userId === me.value?.userId;

/** Owners are for owners to change; the rest is for admins. The service has the last word. */
const mayChange = (own: Role | undefined, member: Member): boolean => isAtLeast(own, 'admin') && (member.role !== 'owner' || own === 'owner');

const RoleDialog = ({ member, onDone, onClose }: { member: Member; onDone: () => Promise<void>; onClose: () => void }) => {
  const role = useSignal(member.role);
  const change = async (): Promise<void> => {
    await post(`/api/members/${member.userId}/role`, { role: role.value });
    await onDone();
  };
  return (
    <Confirm title={t.roleOf(member.name)} submit={t.giveRole} isDanger={false} onConfirm={change} onClose={onClose}>
      <RoleChoice roles={rolesToGive(ownRole())} value={role.value} onChange={(chosen) => { role.value = chosen; }} />
      {isMe(member) && <p class="fine">{t.ownRoleHint}</p>}
    </Confirm>
  );
};

const RemoveDialog = ({ member, onDone, onClose }: { member: Member; onDone: () => Promise<void>; onClose: () => void }) => {
  const [, goTo] = useLocation();
  const leave = async (): Promise<void> => {
    await remove(`/api/members/${member.userId}`);
    await (isMe(member) ? recognise() : onDone());
    if (isMe(member)) goTo('/');
  };
  return isMe(member)
    ? <Confirm title={t.leaveTitle} submit={t.leave} onConfirm={leave} onClose={onClose}><p>{t.leaveMeans}</p></Confirm>
    : <Confirm title={t.removeTitle(member.name)} submit={t.remove} onConfirm={leave} onClose={onClose}><p>{t.removeMeans(member.name)}</p></Confirm>;
};

const Row = ({ member, onAsk }: { member: Member; onAsk: (asking: Asking) => void }) => {
  const canChange = mayChange(ownRole(), member);
  return (
    <tr>
      <th scope="row">{member.name}{isMe(member) && <span class="fine"> {t.you}</span>}</th>
      <td class="phone-off breaks">{member.email}</td>
      <td>{strings.roles.name[member.role]}</td>
      <td class="number row-actions">
        {canChange && <button type="button" class="small plain" aria-label={t.changeRoleOf(member.name)} onClick={() => onAsk({ what: 'role', member })}>{t.changeRole}</button>}
        {isMe(member)
          ? <button type="button" class="small plain" onClick={() => onAsk({ what: 'remove', member })}>{t.leave}</button>
          : canChange && <button type="button" class="small plain" aria-label={t.removeName(member.name)} onClick={() => onAsk({ what: 'remove', member })}>{t.remove}</button>}
      </td>
    </tr>
  );
};

export const MembersPanel = () => {
  const members = usePages<Member>('/api/members?limit=100', { touchedBy: ({ type }) => type.startsWith('Membership') || type === 'SubjectErased' });
  const asking = useSignal<Asking | undefined>(undefined);
  const close = (): void => { asking.value = undefined; };
  const asked = asking.value;
  return (
    <Panel title={t.members} aside={members.items && <span class="count">{members.items.length}</span>}>
      {!members.items && <ProblemNote problem={members.problem} onRetry={() => void members.refresh()} />}
      {members.items?.length === 0 && <Empty title={t.noMembers} />}
      {members.items && members.items.length > 0 && (
        <div class="table-shell people">
          <table>
            <caption class="unseen">{t.members}</caption>
            <thead><tr><th scope="col">{t.name}</th><th scope="col" class="phone-off">{t.email}</th><th scope="col">{t.role}</th><th scope="col"><span class="unseen">{t.actions}</span></th></tr></thead>
            <tbody>{members.items.map((member) => <Row key={member.userId} member={member} onAsk={(wish) => { asking.value = wish; }} />)}</tbody>
          </table>
        </div>
      )}
      <More more={members.more} text={t.more} />
      {asked?.what === 'role' && <RoleDialog member={asked.member} onDone={members.refresh} onClose={close} />}
      {asked?.what === 'remove' && <RemoveDialog member={asked.member} onDone={members.refresh} onClose={close} />}
    </Panel>
  );
};
