/**
 * An invitation, for whoever holds its link: with a new account, with the one that is there, or as the person who is
 * signed in. Somebody else who is signed in is told whom it is for.
 */
import type { AcceptedInvitation, OpenInvitation } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { post } from '../api/client.ts';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { Icon, Slice } from '../ui/icon.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { me } from './me.ts';
import { NewPasswordField, problemAt } from './new-password.tsx';
import { chooseProject } from './project.ts';
import { recognise, signIn, signOut } from './session.ts';
import { EntranceCard, EntranceForm, SignInSteps } from './sign-in.tsx';

const t = strings.join;
/** Behind the `#`, and kept by this tab for whoever comes back from signing in elsewhere: no provider must see it. */
const KEPT_TOKEN = 'citrus-invitation';

const storage = (): Storage | undefined => {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
};

const readToken = (): string => {
  const named = location.hash.slice(1);
  if (named !== '') storage()?.setItem(KEPT_TOKEN, named);
  return named !== '' ? named : storage()?.getItem(KEPT_TOKEN) ?? '';
};

type Joining = { readonly token: string; readonly invitation: OpenInvitation };

const useJoined = () => {
  const [, goTo] = useLocation();
  return (projectId: string): void => {
    storage()?.removeItem(KEPT_TOKEN);
    chooseProject(projectId);
    goTo('/', { replace: true });
  };
};

const NewAccount = ({ token, invitation, onHasAccount }: Joining & { onHasAccount: () => void }) => {
  const joined = useJoined();
  const joining = useAction();
  const enter = (form: HTMLFormElement): Promise<void> => joining.run(async () => {
    const password = valueOf(form, 'password');
    await post<AcceptedInvitation>('/api/invitations/accept', { token, name: valueOf(form, 'name').trim(), password });
    await signIn({ email: invitation.email, password });
    joined(invitation.projectId);
  }, ({ code }) => { if (code === 'invitation.sign_in_first') onHasAccount(); });
  const { fields } = joining.problem.value ?? { fields: [] };
  return (
    <>
      <EntranceForm onSubmit={enter} submit={t.submit} isBusy={joining.isBusy.value} problem={joining.problem.value}>
        <Field id="email" label={strings.signIn.email}>{(control) => <input {...control} type="email" autocomplete="username" readOnly value={invitation.email} />}</Field>
        <Field id="name" label={t.name} problem={problemAt(fields, 'name')}>{(control) => <input {...control} type="text" autocomplete="name" required maxLength={200} />}</Field>
        <NewPasswordField label={t.password} problem={problemAt(fields, 'password')} />
      </EntranceForm>
      <p class="sign-in-other"><button type="button" class="plain small" onClick={onHasAccount}>{t.hasAccount}</button></p>
    </>
  );
};

const AsMyself = ({ token, invitation }: Joining) => {
  const joined = useJoined();
  const joining = useAction();
  const enter = (): Promise<void> => joining.run(async () => {
    await post<AcceptedInvitation>('/api/invitations/accept-signed-in', { token });
    await recognise();
    joined(invitation.projectId);
  });
  return <EntranceForm onSubmit={enter} submit={t.submitAs(me.value?.name ?? '')} isBusy={joining.isBusy.value} problem={joining.problem.value}><p>{t.asYou(me.value?.email ?? '')}</p></EntranceForm>;
};

const SomebodyElse = ({ invitation }: { invitation: OpenInvitation }) => {
  const leaving = useAction();
  return (
    <EntranceForm onSubmit={() => leaving.run(signOut)} submit={t.signOut} isBusy={leaving.isBusy.value} problem={leaving.problem.value}>
      <div class="note warn"><Icon name="warning" /><p>{t.forSomebodyElse(invitation.email, me.value?.email ?? '')}</p></div>
    </EntranceForm>
  );
};

const Answer = (joining: Joining) => {
  const hasAccount = useSignal(false);
  const { email } = joining.invitation;
  if (me.value) return me.value.email?.toLowerCase() === email.toLowerCase() ? <AsMyself {...joining} /> : <SomebodyElse invitation={joining.invitation} />;
  if (!hasAccount.value) return <NewAccount {...joining} onHasAccount={() => { hasAccount.value = true; }} />;
  return (
    <>
      <p class="sign-in-lead">{t.signInFirst}</p>
      <SignInSteps email={email} />
      <p class="sign-in-other"><button type="button" class="plain small" onClick={() => { hasAccount.value = false; }}>{t.noAccount}</button></p>
    </>
  );
};

export const JoinRoom = () => {
  const [token] = useState(readToken);
  const invitation = useSignal<OpenInvitation | undefined>(undefined);
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const read = async (): Promise<void> => {
    problem.value = undefined;
    try {
      invitation.value = await post<OpenInvitation>('/api/invitations/read', { token });
    } catch (thrown) {
      problem.value = asProblem(thrown);
      if (problem.value.status >= 400 && problem.value.status < 500) storage()?.removeItem(KEPT_TOKEN);
    }
  };
  useEffect(() => { if (token !== '') void read(); }, []);
  const found = invitation.value;
  if (!found) {
    return (
      <EntranceCard title={t.title}>
        {token === '' ? <div class="note warn"><p>{t.noToken}</p></div> : problem.value ? <ProblemNote problem={problem.value} onRetry={() => void read()} /> : <p class="loading"><Slice turning /></p>}
        {(token === '' || problem.value) && <p class="sign-in-other"><Link href="/">{t.toPanel}</Link></p>}
      </EntranceCard>
    );
  }
  return (
    <EntranceCard title={t.titleOf(found.projectName)}>
      <p class="sign-in-lead">{t.lead(strings.roles.name[found.role], strings.roles.can[found.role])}</p>
      <Answer token={token} invitation={found} />
    </EntranceCard>
  );
};
