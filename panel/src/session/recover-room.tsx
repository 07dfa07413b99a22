/** The way back in: whoever has the link that an administrator handed out chooses a new password. */
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { post } from '../api/client.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { valueOf } from '../ui/form.ts';
import { NewPasswordField, problemAt } from './new-password.tsx';
import { signIn } from './session.ts';
import { EntranceCard, EntranceForm } from './sign-in.tsx';

const t = strings.recover;

export const RecoverRoom = () => {
  const [, goTo] = useLocation();
  const recovering = useAction();
  // What stands behind the `#` was never sent to any server.
  const [token] = useState(() => location.hash.slice(1));
  const enter = (form: HTMLFormElement): Promise<void> => recovering.run(async () => {
    const password = valueOf(form, 'password');
    const { email } = await post<{ email: string }>('/api/recovery', { token, password });
    await signIn({ email, password });
    goTo('/servers', { replace: true });
  });
  if (token === '') return <EntranceCard title={t.title}><div class="note warn"><p>{strings.join.noToken}</p></div></EntranceCard>;
  return (
    <EntranceCard title={t.title}>
      <p class="sign-in-lead">{t.lead}</p>
      <EntranceForm onSubmit={enter} submit={t.submit} isBusy={recovering.isBusy.value} problem={recovering.problem.value}>
        <NewPasswordField label={t.password} problem={problemAt(recovering.problem.value?.fields ?? [], 'password')} />
      </EntranceForm>
    </EntranceCard>
  );
};
