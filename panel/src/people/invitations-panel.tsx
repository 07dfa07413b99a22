import type { Invitation, Role } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post, remove } from '../api/client.ts';
import { ownRole, rolesToGive } from '../session/rights.ts';
import { problemAt } from '../session/new-password.tsx';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Confirm } from '../ui/confirm.tsx';
import { ShownOnce } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { RoleChoice } from '../ui/role-choice.tsx';
import { formatExact } from '../ui/time.ts';

const t = strings.people;
type Invited = { readonly invitation: Invitation; readonly link: string };

const Made = ({ invited, onClose }: { invited: Invited; onClose: () => void }) => (
  <Dialog title={t.invitationOf(invited.invitation.email ?? '')} onClose={onClose}>
    <div class="dialog-text">
      <p>{t.sendLink(invited.invitation.email ?? '')}</p>
      <ShownOnce id="invitation-link" label={t.link} text={invited.link} help={t.linkHelp(formatExact(invited.invitation.expiresAt))} />
      <footer class="dialog-foot"><button type="button" onClick={onClose}>{t.done}</button></footer>
    </div>
  </Dialog>
);

const Invite = ({ onInvited, onClose }: { onInvited: (invited: Invited) => void; onClose: () => void }) => {
  const inviting = useAction();
  const role = useSignal<Role>('viewer');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void inviting.run(async () => onInvited(await post<Invited>('/api/invitations', { email: valueOf(form, 'invited-email').trim(), role: role.value })));
  };
  return (
    <Dialog title={t.invite} onClose={onClose}>
      <form onSubmit={submit}>
        <ProblemNote problem={inviting.problem.value} />
        <Field id="invited-email" label={t.email} help={t.inviteHelp} problem={problemAt(inviting.problem.value?.fields ?? [], 'email')}>
          {(control) => <input {...control} type="email" required autocomplete="off" spellcheck={false} />}
        </Field>
        <RoleChoice roles={rolesToGive(ownRole())} value={role.value} onChange={(chosen) => { role.value = chosen; }} />
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(inviting.isBusy.value)}>{t.makeLink}</button>
        </footer>
      </form>
    </Dialog>
  );
};

const Row = ({ invitation, onRevoke }: { invitation: Invitation; onRevoke: () => void }) => (
  <tr>
    <th scope="row" class="breaks">{invitation.email ?? '–'}</th>
    <td>{strings.roles.name[invitation.role]}</td>
    <td class="phone-off fine">{t.goodUntil(formatExact(invitation.expiresAt))}</td>
    <td class="number row-actions"><button type="button" class="small plain" aria-label={t.revokeOf(invitation.email ?? '')} onClick={onRevoke}>{t.revoke}</button></td>
  </tr>
);

export const InvitationsPanel = () => {
  const invitations = usePages<Invitation>('/api/invitations?limit=100', { touchedBy: ({ stream }) => stream.startsWith('invitation-') });
  const [isInviting, made, revoking] = [useSignal(false), useSignal<Invited | undefined>(undefined), useSignal<Invitation | undefined>(undefined)];
  const open = invitations.items?.filter(({ status }) => status === 'pending');
  const asked = revoking.value;
  const invited = (result: Invited): void => {
    isInviting.value = false;
    made.value = result;
    void invitations.refresh();
  };
  const revoke = async ({ id }: Invitation): Promise<void> => {
    await remove(`/api/invitations/${id}`);
    await invitations.refresh();
  };
  return (
    <Panel title={t.invitations} aside={<button type="button" class="small" onClick={() => { isInviting.value = true; }}><Icon name="plus" />{t.invite}</button>}>
      {!open && <ProblemNote problem={invitations.problem} onRetry={() => void invitations.refresh()} />}
      {open?.length === 0 && <Empty title={t.noInvitations}><p>{t.noInvitationsHint}</p></Empty>}
      {open && open.length > 0 && (
        <div class="table-shell people">
          <table>
            <caption class="unseen">{t.invitations}</caption>
            <thead><tr><th scope="col">{t.email}</th><th scope="col">{t.role}</th><th scope="col" class="phone-off">{t.link}</th><th scope="col"><span class="unseen">{t.actions}</span></th></tr></thead>
            <tbody>{open.map((invitation) => <Row key={invitation.id} invitation={invitation} onRevoke={() => { revoking.value = invitation; }} />)}</tbody>
          </table>
        </div>
      )}
      <More more={invitations.more} text={t.more} />
      {isInviting.value && <Invite onInvited={invited} onClose={() => { isInviting.value = false; }} />}
      {made.value && <Made invited={made.value} onClose={() => { made.value = undefined; }} />}
      {asked && <Confirm title={t.revokeTitle} submit={t.revoke} onConfirm={() => revoke(asked)} onClose={() => { revoking.value = undefined; }}><p>{t.revokeMeans(asked.email ?? '')}</p></Confirm>}
    </Panel>
  );
};
