/** The first owner: whoever holds the link that Citrus printed on its console. */
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { post } from '../api/client.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { me } from './me.ts';
import { NewPasswordField, problemAt } from './new-password.tsx';
import { signIn } from './session.ts';
import { EntranceCard, EntranceForm } from './sign-in.tsx';

const t = strings.claim;

export const ClaimRoom = () => {
  const [, goTo] = useLocation();
  const claiming = useAction();
  // What stands behind the `#` was never sent to any server.
  const [token] = useState(() => location.hash.slice(1));
  const enter = (form: HTMLFormElement): Promise<void> => claiming.run(async () => {
    const account = { email: valueOf(form, 'email').trim(), password: valueOf(form, 'password') };
    await post('/api/claim', { token, ...account, name: valueOf(form, 'name').trim(), projectName: valueOf(form, 'project').trim() });
    await signIn(account);
    goTo('/servers', { replace: true });
  });
  if (token === '' || me.value) return <EntranceCard title={t.title}><div class="note warn"><p>{me.value ? t.alreadyIn : t.noToken}</p></div></EntranceCard>;
  const { fields } = claiming.problem.value ?? { fields: [] };
  return (
    <EntranceCard title={t.title}>
      <p class="sign-in-lead">{t.lead}</p>
      <EntranceForm onSubmit={enter} submit={t.submit} isBusy={claiming.isBusy.value} problem={claiming.problem.value}>
        <Field id="name" label={t.name} problem={problemAt(fields, 'name')}>{(control) => <input {...control} type="text" autocomplete="name" required maxLength={200} />}</Field>
        <Field id="email" label={strings.signIn.email} problem={problemAt(fields, 'email')}>{(control) => <input {...control} type="email" autocomplete="username" required spellcheck={false} />}</Field>
        <NewPasswordField label={strings.signIn.password} problem={problemAt(fields, 'password')} />
        <Field id="project" label={t.project} help={t.projectHelp} problem={problemAt(fields, 'projectName')}>{(control) => <input {...control} type="text" required maxLength={200} defaultValue={t.projectName} />}</Field>
      </EntranceForm>
    </EntranceCard>
  );
};
