/** The way back in: whoever has the link that an administrator handed out chooses a new password. */
import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { post } from '../api/client.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { me } from './me.ts';
import { NewPasswordField, problemAt } from './new-password.tsx';
import { signIn } from './session.ts';
import { EntranceCard, EntranceForm } from './sign-in.tsx';

const t = strings.recover;

export const RecoverRoom = () => {
  const [, goTo] = useLocation();
  const recovering = useAction();
  const [needsCode, isDone] = [useSignal(false), useSignal(false)];
  // What stands behind the `#` was never sent to any server.
  const [token] = useState(() => location.hash.slice(1));
  const enter = (form: HTMLFormElement): Promise<void> => recovering.run(async () => {
    const password = valueOf(form, 'password');
    const code = needsCode.value ? valueOf(form, 'code').replaceAll(/\s/g, '') : undefined;
    const { email } = await post<{ email: string }>('/api/recovery', { token, password, ...(code !== undefined && { code }) });
    if (code === undefined) {
      await signIn({ email, password });
      goTo('/servers', { replace: true });
      return;
    }
    // That code was used; signing in takes the next one.
    me.value = null;
    isDone.value = true;
  }, ({ code }) => { if (code === 'recovery.code_needed') needsCode.value = true; });
  if (isDone.value) return <EntranceCard title={t.title}><p class="sign-in-lead">{t.done}</p><Link href="/servers" className="button primary wide" replace>{t.signIn}</Link></EntranceCard>;
  if (token === '') return <EntranceCard title={t.title}><div class="note warn"><p>{strings.join.noToken}</p></div></EntranceCard>;
  return (
    <EntranceCard title={t.title}>
      <p class="sign-in-lead">{t.lead}</p>
      <EntranceForm onSubmit={enter} submit={t.submit} isBusy={recovering.isBusy.value} problem={recovering.problem.value}>
        <NewPasswordField label={t.password} problem={problemAt(recovering.problem.value?.fields ?? [], 'password')} />
        {needsCode.value && <Field id="code" label={strings.secondFactor.anyCode} help={strings.secondFactor.anyCodeHelp}>{(control) => <input {...control} type="text" required autocomplete="one-time-code" maxLength={40} />}</Field>}
      </EntranceForm>
    </EntranceCard>
  );
};
