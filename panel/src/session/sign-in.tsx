import { useEffect, useRef } from 'preact/hooks';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Field } from '../ui/field.tsx';
import { Slice } from '../ui/icon.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { signIn } from './session.ts';

const valueOf = (form: HTMLFormElement, name: string): string => {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
};

export const SignIn = () => {
  const form = useRef<HTMLFormElement>(null);
  const entering = useAction();
  useEffect(() => {
    document.title = `${strings.signIn.title} · ${strings.product}`;
    form.current?.querySelector('input')?.focus();
  }, []);
  const submit = (event: Event): void => {
    event.preventDefault();
    const element = form.current;
    if (!element) return;
    const enter = () => signIn(valueOf(element, 'email').trim(), valueOf(element, 'password'));
    void entering.run(enter, () => element.querySelector<HTMLInputElement>('#password')?.select());
  };
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <div class="sign-in-brand"><Slice /><h1>{strings.signIn.title}</h1></div>
        <form ref={form} onSubmit={submit}>
          <ProblemNote problem={entering.problem.value} />
          <Field id="email" label={strings.signIn.email}>
            {(control) => <input {...control} type="email" autocomplete="username" required spellcheck={false} />}
          </Field>
          <Field id="password" label={strings.signIn.password}>
            {(control) => <input {...control} type="password" autocomplete="current-password" required />}
          </Field>
          <button type="submit" class="primary wide" aria-busy={entering.isBusy.value}>{strings.signIn.submit}</button>
        </form>
      </div>
    </main>
  );
};
