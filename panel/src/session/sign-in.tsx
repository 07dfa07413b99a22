/** Signing in: address and password, then a code for whoever has a second factor; or with a provider of the house. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { get } from '../api/client.ts';
import type { ApiProblem } from '../api/problem.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Field } from '../ui/field.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { valueOf } from '../ui/form.ts';
import { signIn, type Proof } from './session.ts';

const t = strings.signIn;

type CardProps = { title: string; children: ComponentChildren; below?: ComponentChildren };

/** The frame of what is shown to somebody who is not in yet. */
export const EntranceCard = ({ title, children, below }: CardProps) => {
  useEffect(() => { document.title = `${title} · ${strings.product}`; }, [title]);
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <div class="sign-in-brand"><Slice /><h1>{title}</h1></div>
        {children}
        {below}
      </div>
    </main>
  );
};

type StepProps = { onSubmit: (form: HTMLFormElement) => Promise<unknown>; submit: string; isBusy: boolean; problem: ApiProblem | undefined; children: ComponentChildren };

/** One step: the first empty field has the focus, and comes back to it with what was wrong. */
export const EntranceForm = ({ onSubmit, submit, isBusy, problem, children }: StepProps) => {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => { [...(form.current?.querySelectorAll('input') ?? [])].find(({ value, readOnly }) => value === '' && !readOnly)?.focus(); }, []);
  const send = (event: Event): void => {
    event.preventDefault();
    if (form.current) void onSubmit(form.current);
  };
  return (
    <form ref={form} onSubmit={send}>
      <ProblemNote problem={problem} />
      {children}
      <button type="submit" class="primary wide" {...busy(isBusy)}>{submit}</button>
    </form>
  );
};

type OidcProvider = { readonly isOn: boolean; readonly name: string | null };

/** Undefined unless the house has a provider of its own. Without an answer people sign in with their passwords. */
export const useProvider = (): string | undefined => {
  const name = useSignal<string | undefined>(undefined);
  useEffect(() => {
    const read = async (): Promise<void> => {
      const provider = await get<OidcProvider>('/api/auth/oidc');
      name.value = provider.isOn ? provider.name ?? t.yourProvider : undefined;
    };
    read().catch(() => { name.value = undefined; });
  }, []);
  return name.value;
};

/** Where to go after the provider: here, without what belongs to somebody else's eyes. */
const returnAddress = (): string => `/api/auth/oidc/start?returnTo=${encodeURIComponent(location.pathname)}`;

const PasswordStep = ({ onProof, email, entering }: { onProof: (proof: Proof) => Promise<void>; email: string | undefined; entering: ReturnType<typeof useAction> }) => {
  const provider = useProvider();
  const enter = async (form: HTMLFormElement): Promise<void> => {
    await onProof({ email: valueOf(form, 'email').trim(), password: valueOf(form, 'password') });
    form.querySelector<HTMLInputElement>(entering.problem.value?.fields.length ? '#email' : '#password')?.select();
  };
  const wrongEmail = entering.problem.value?.fields.find(({ path }) => path === 'email')?.message;
  return (
    <>
      <EntranceForm onSubmit={enter} submit={t.submit} isBusy={entering.isBusy.value} problem={wrongEmail ? undefined : entering.problem.value}>
        <Field id="email" label={t.email} problem={wrongEmail}>
          {(control) => <input {...control} type="email" autocomplete="username" required spellcheck={false} defaultValue={email ?? ''} />}
        </Field>
        <Field id="password" label={t.password}>
          {(control) => <input {...control} type="password" autocomplete="current-password" required />}
        </Field>
      </EntranceForm>
      {provider && <p class="sign-in-other"><a class="button wide" href={returnAddress()}>{t.with(provider)}</a></p>}
    </>
  );
};

const CODE = { inputmode: 'numeric', autocomplete: 'one-time-code', pattern: '[0-9 ]{6,7}', maxLength: 7 } as const;

const CodeStep = ({ proof, onProof, onBack, entering }: { proof: Proof; onProof: (proof: Proof) => Promise<void>; onBack: () => void; entering: ReturnType<typeof useAction> }) => {
  const isRecovery = useSignal(false);
  const enter = async (form: HTMLFormElement): Promise<void> => {
    await onProof({ ...proof, code: valueOf(form, 'code').replaceAll(/\s/g, '') });
    form.querySelector<HTMLInputElement>('#code')?.select();
  };
  return (
    <>
      <EntranceForm key={String(isRecovery.value)} onSubmit={enter} submit={t.submit} isBusy={entering.isBusy.value} problem={entering.problem.value}>
        <Field id="code" label={isRecovery.value ? t.recoveryCode : t.code} help={isRecovery.value ? t.recoveryCodeHelp : t.codeHelp}>
          {(control) => (isRecovery.value
            ? <input {...control} class="mono" type="text" required autocomplete="off" autocapitalize="none" spellcheck={false} />
            : <input {...control} {...CODE} class="code-input" type="text" required title={t.codeTitle} />)}
        </Field>
      </EntranceForm>
      <p class="sign-in-other">
        <button type="button" class="plain small" onClick={() => { entering.problem.value = undefined; isRecovery.value = !isRecovery.value; }}>{isRecovery.value ? t.useApp : t.useRecovery}</button>
        <button type="button" class="plain small" onClick={onBack}>{t.back}</button>
      </p>
    </>
  );
};

/** What a failed single sign-on came back with, in our own words: an address can be made by anybody. Said once, not again after a reload. */
const useReturnedProblem = (): string | undefined => {
  const code = useSignal(/^#sign-in-problem=([a-z_.]+)$/.exec(location.hash)?.[1]);
  useEffect(() => { if (code.value) history.replaceState(history.state, '', location.pathname); }, []);
  return code.value && (t.problems[code.value] ?? t.problem(code.value));
};

/** The steps alone: the page of an invitation shows them, too. */
export const SignInSteps = ({ email }: { email?: string }) => {
  const entering = useAction();
  const first = useSignal<Proof | undefined>(undefined);
  const returned = useReturnedProblem();
  const prove = (proof: Proof): Promise<void> => entering.run(() => signIn(proof), (problem) => {
    if (problem.code !== 'session.second_factor_needed') return;
    entering.problem.value = undefined;
    first.value = proof;
  });
  const startOver = (): void => {
    entering.problem.value = undefined;
    first.value = undefined;
  };
  if (first.value) return <CodeStep proof={first.value} onProof={prove} onBack={startOver} entering={entering} />;
  return (
    <>
      {returned && !entering.problem.value && <div class="note bad" role="alert"><Icon name="warning" /><p>{returned}</p></div>}
      <PasswordStep onProof={prove} email={email ?? undefined} entering={entering} />
    </>
  );
};

export const SignIn = () => <EntranceCard title={t.title}><SignInSteps /></EntranceCard>;
