import { useSignal } from '@preact/signals';
import { post } from '../api/client.ts';
import { NewPasswordField, problemAt } from '../session/new-password.tsx';
import { me } from '../session/me.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';

const t = strings.account;

export const PasswordPanel = () => {
  const changing = useAction();
  const ended = useSignal<number | undefined>(undefined);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    ended.value = undefined;
    void changing.run(async () => {
      const answer = await post<{ ended: number }>('/api/auth/password', { currentPassword: valueOf(form, 'current-password'), newPassword: valueOf(form, 'new-password') });
      form.reset();
      ended.value = answer.ended;
    });
  };
  const fields = changing.problem.value?.fields ?? [];
  return (
    <Panel title={t.password}>
      <form class="panel-form" onSubmit={submit}>
        <div role="status">{ended.value !== undefined && <div class="note good"><Icon name="check" /><p>{t.passwordChanged(ended.value)}</p></div>}</div>
        <ProblemNote problem={changing.problem.value} />
        <input class="unseen" type="email" autocomplete="username" value={me.value?.email ?? ''} readOnly tabIndex={-1} aria-hidden="true" />
        <Field id="current-password" label={t.currentPassword} problem={problemAt(fields, 'currentPassword')}>
          {(control) => <input {...control} type="password" autocomplete="current-password" required />}
        </Field>
        <NewPasswordField id="new-password" label={t.newPassword} problem={problemAt(fields, 'newPassword')} />
        <p class="fine">{t.passwordHint}</p>
        <div class="actions"><button type="submit" {...busy(changing.isBusy.value)}>{t.changePassword}</button></div>
      </form>
    </Panel>
  );
};
