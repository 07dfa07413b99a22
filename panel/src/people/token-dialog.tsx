/** Making a token for a program: asked once, shown once. */
import type { ApiToken, NewApiToken } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { problemAt } from '../session/new-password.tsx';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { ShownOnce } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatExact } from '../ui/time.ts';

const t = strings.tokens;
const DAYS = [7, 30, 90, 365] as const;
const USUAL_DAYS = 90;

export type Wish = { readonly name: string; readonly expiresInDays: number };
type TokenDialogProps = { title: string; onMake: (wish: Wish) => Promise<NewApiToken>; onClose: () => void; children?: ComponentChildren };

export const TokenDialog = ({ title, onMake, onClose, children }: TokenDialogProps) => {
  const making = useAction();
  const made = useSignal<NewApiToken | undefined>(undefined);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void making.run(async () => { made.value = await onMake({ name: valueOf(form, 'token-name').trim(), expiresInDays: Number(valueOf(form, 'token-days')) }); });
  };
  if (made.value) {
    return (
      <Dialog title={made.value.name} onClose={onClose}>
        <div class="dialog-text">
          <ShownOnce id="token" label={t.token} text={made.value.token} help={t.tokenHelp(formatExact(made.value.expiresAt))} />
          <p class="fine">{t.use} <code class="mono">CITRUS_TOKEN</code>{t.useHeader} <code class="mono">Authorization: Bearer …</code></p>
          <footer class="dialog-foot"><button type="button" onClick={onClose}>{strings.people.done}</button></footer>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <ProblemNote problem={making.problem.value} />
        <Field id="token-name" label={t.name} help={t.nameHelp} problem={problemAt(making.problem.value?.fields ?? [], 'name')}>
          {(control) => <input {...control} type="text" required maxLength={100} autocomplete="off" />}
        </Field>
        {children}
        <Field id="token-days" label={t.goodFor}>
          {(control) => <select {...control}>{DAYS.map((days) => <option key={days} value={days} selected={days === USUAL_DAYS}>{t.days(days)}</option>)}</select>}
        </Field>
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(making.isBusy.value)}>{t.make}</button>
        </footer>
      </form>
    </Dialog>
  );
};

/** How long a token is still good, and when it was used. */
export const TokenTimes = ({ token }: { token: ApiToken }) => (
  <span class="fine">{t.until(formatExact(token.expiresAt))} · {token.lastUsedAt ? <>{t.used} <Ago at={token.lastUsedAt} /></> : t.neverUsed}</span>
);
