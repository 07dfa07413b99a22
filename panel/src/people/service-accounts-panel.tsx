import type { ApiToken, NewApiToken, Role, ServiceAccount } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { newKey, post, remove } from '../api/client.ts';
import { problemAt } from '../session/new-password.tsx';
import { ownRole, rolesToGive } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { RoleChoice } from '../ui/role-choice.tsx';
import { TokenDialog, TokenTimes } from './token-dialog.tsx';

const t = strings.serviceAccounts;
type Asking = { readonly what: 'token' | 'remove'; readonly account: ServiceAccount } | { readonly what: 'revoke'; readonly account: ServiceAccount; readonly token: ApiToken };

const Create = ({ onDone, onClose }: { onDone: () => Promise<void>; onClose: () => void }) => {
  const making = useAction();
  const role = useSignal<Role>('operator');
  const key = useSignal(newKey());
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void making.run(async () => {
      await post<ServiceAccount>('/api/service-accounts', { name: valueOf(form, 'account-name').trim(), role: role.value }, key.value);
      await onDone();
      onClose();
    }, () => { key.value = newKey(); });
  };
  return (
    <Dialog title={t.create} onClose={onClose}>
      <form onSubmit={submit}>
        <ProblemNote problem={making.problem.value} />
        <Field id="account-name" label={strings.people.name} help={t.nameHelp} problem={problemAt(making.problem.value?.fields ?? [], 'name')}>
          {(control) => <input {...control} type="text" required maxLength={100} autocomplete="off" />}
        </Field>
        <RoleChoice roles={rolesToGive(ownRole())} value={role.value} onChange={(chosen) => { role.value = chosen; }} />
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(making.isBusy.value)}>{t.create}</button>
        </footer>
      </form>
    </Dialog>
  );
};

const Tokens = ({ account, onAsk }: { account: ServiceAccount; onAsk: (asking: Asking) => void }) => (
  <ul class="rows inner">
    {account.tokens.map((token) => (
      <li key={token.id} class="row">
        <span class="row-mark"><Icon name="key" /></span>
        <div class="row-text"><p>{token.name}</p><TokenTimes token={token} /></div>
        <button type="button" class="small plain" aria-label={strings.tokens.revokeName(token.name)} onClick={() => onAsk({ what: 'revoke', account, token })}>{strings.tokens.revoke}</button>
      </li>
    ))}
  </ul>
);

const Account = ({ account, onAsk }: { account: ServiceAccount; onAsk: (asking: Asking) => void }) => (
  <li>
    <div class="row">
      <span class="app-letter" aria-hidden="true">{account.name.slice(0, 1).toUpperCase()}</span>
      <div class="row-text"><p><strong>{account.name}</strong></p><p class="fine">{strings.roles.name[account.role]}{account.tokens.length === 0 && ` · ${t.noTokens}`}</p></div>
      <div class="app-actions">
        <button type="button" class="small" aria-label={t.newTokenOf(account.name)} onClick={() => onAsk({ what: 'token', account })}>{t.newToken}</button>
        <button type="button" class="small plain" aria-label={t.removeName(account.name)} onClick={() => onAsk({ what: 'remove', account })}>{strings.people.remove}</button>
      </div>
    </div>
    {account.tokens.length > 0 && <Tokens account={account} onAsk={onAsk} />}
  </li>
);

const Answer = ({ asking, onDone, onClose }: { asking: Asking; onDone: () => Promise<void>; onClose: () => void }) => {
  const base = `/api/service-accounts/${asking.account.userId}`;
  const after = async <Result,>(work: Promise<Result>): Promise<Result> => {
    const result = await work;
    await onDone();
    return result;
  };
  switch (asking.what) {
    case 'token': return <TokenDialog title={t.newTokenOf(asking.account.name)} onMake={(wish) => after(post<NewApiToken>(`${base}/tokens`, wish))} onClose={onClose} />;
    case 'remove': return <Confirm title={t.removeTitle(asking.account.name)} submit={strings.people.remove} onConfirm={() => after(remove(base))} onClose={onClose}><p>{t.removeMeans}</p></Confirm>;
    case 'revoke': return <Confirm title={strings.tokens.revokeTitle(asking.token.name)} submit={strings.tokens.revoke} onConfirm={() => after(remove(`${base}/tokens/${asking.token.id}`))} onClose={onClose}><p>{strings.tokens.revokeMeans}</p></Confirm>;
  }
};

export const ServiceAccountsPanel = () => {
  const accounts = usePages<ServiceAccount>('/api/service-accounts?limit=50', { touchedBy: ({ type }) => type.startsWith('ServiceAccount') || type.startsWith('ApiToken') });
  const [isCreating, asking] = [useSignal(false), useSignal<Asking | undefined>(undefined)];
  const all = accounts.items;
  return (
    <Panel title={t.title} aside={<button type="button" class="small" onClick={() => { isCreating.value = true; }}><Icon name="plus" />{t.create}</button>}>
      {!all && <ProblemNote problem={accounts.problem} onRetry={() => void accounts.refresh()} />}
      {all?.length === 0 && <Empty title={t.none}><p>{t.noneHint}</p></Empty>}
      {all && all.length > 0 && <ul class="rows">{all.map((account) => <Account key={account.userId} account={account} onAsk={(wish) => { asking.value = wish; }} />)}</ul>}
      <More more={accounts.more} text={strings.people.more} />
      {isCreating.value && <Create onDone={accounts.refresh} onClose={() => { isCreating.value = false; }} />}
      {asking.value && <Answer asking={asking.value} onDone={accounts.refresh} onClose={() => { asking.value = undefined; }} />}
    </Panel>
  );
};
