/** The second factor: set up with an app, kept with recovery codes, which are shown once. */
import type { BegunTotp, RecoveryCodes, SecondFactor } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post } from '../api/client.ts';
import { useResource } from '../live/resource.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Badge } from '../ui/badge.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { QrCode } from './qr-code.tsx';

const t = strings.secondFactor;
const FEW_CODES = 3;
type Step = { readonly at: 'setup'; readonly begun: BegunTotp } | { readonly at: 'codes'; readonly codes: readonly string[] } | { readonly at: 'off' | 'renew' };

export const codeOf = (form: HTMLFormElement): string => valueOf(form, 'code').replaceAll(/\s/g, '');

export const CodeField = ({ label, help, problem }: { label: string; help: string; problem?: string | undefined }) => (
  <Field id="code" label={label} help={help} problem={problem}>
    {(control) => <input {...control} class="code-input" type="text" required inputmode="numeric" autocomplete="one-time-code" maxLength={40} />}
  </Field>
);

/** `JBSWY3DP…` in groups: somebody may have to type it. */
const grouped = (secret: string): string => secret.replaceAll(/(.{4})(?=.)/g, '$1 ');

export const Setup = ({ begun, onCodes, onClose }: { begun: BegunTotp; onCodes: (codes: readonly string[]) => void; onClose: () => void }) => {
  const confirming = useAction();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void confirming.run(async () => onCodes((await post<RecoveryCodes>('/api/auth/second-factor/confirm', { code: codeOf(form) })).recoveryCodes));
  };
  return (
    <Dialog title={t.setUpTitle} onClose={onClose}>
      <form onSubmit={submit}>
        <ol class="steps">
          <li>
            <p>{t.scan}</p>
            <QrCode text={begun.uri} label={t.qrLabel} />
            <details class="by-hand"><summary class="fine">{t.byHand}</summary><p class="mono breaks">{grouped(begun.secret)}</p></details>
          </li>
          <li><p>{t.thenCode}</p><CodeField label={strings.signIn.code} help={strings.signIn.codeHelp} /></li>
        </ol>
        <ProblemNote problem={confirming.problem.value} />
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(confirming.isBusy.value)}>{t.turnOn}</button>
        </footer>
      </form>
    </Dialog>
  );
};

export const Codes = ({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) => (
  <Dialog title={t.codesTitle} onClose={onClose}>
    <div class="dialog-text">
      <p>{t.codesHint}</p>
      <ul class="recovery-codes mono" aria-label={t.codesTitle}>{codes.map((code) => <li key={code}>{code}</li>)}</ul>
      <footer class="dialog-foot">
        <CopyButton text={() => codes.join('\n')} class="" />
        <button type="button" class="primary" onClick={onClose}>{t.kept}</button>
      </footer>
    </div>
  </Dialog>
);

const NewCodes = ({ onCodes, onClose }: { onCodes: (codes: readonly string[]) => void; onClose: () => void }) => {
  const asking = useAction();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void asking.run(async () => onCodes((await post<RecoveryCodes>('/api/auth/second-factor/recovery-codes', { code: codeOf(form) })).recoveryCodes));
  };
  return (
    <Dialog title={t.newCodes} onClose={onClose}>
      <form onSubmit={submit}>
        <p>{t.newCodesMeans}</p>
        <ProblemNote problem={asking.problem.value} />
        <CodeField label={strings.signIn.code} help={strings.signIn.codeHelp} />
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(asking.isBusy.value)}>{t.newCodes}</button>
        </footer>
      </form>
    </Dialog>
  );
};

const TurnOff = ({ onDone, onClose }: { onDone: () => Promise<void>; onClose: () => void }) => {
  const turning = useAction();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void turning.run(async () => {
      await post('/api/auth/second-factor/disable', { password: valueOf(form, 'own-password'), code: codeOf(form) });
      await onDone();
      onClose();
    });
  };
  return (
    <Dialog title={t.turnOffTitle} onClose={onClose}>
      <form onSubmit={submit}>
        <p>{t.turnOffMeans}</p>
        <ProblemNote problem={turning.problem.value} />
        <Field id="own-password" label={strings.account.currentPassword}>{(control) => <input {...control} type="password" autocomplete="current-password" required />}</Field>
        <CodeField label={t.anyCode} help={t.anyCodeHelp} />
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="danger" {...busy(turning.isBusy.value)}>{t.turnOff}</button>
        </footer>
      </form>
    </Dialog>
  );
};

const Current = ({ state, isBusy, onBegin, onGo }: { state: SecondFactor; isBusy: boolean; onBegin: () => void; onGo: (step: Step) => void }) => (
  <div class="panel-text">
    <p>{state.isOn ? t.isOn : t.isOff}</p>
    {state.isOn && <p class={state.recoveryCodesLeft < FEW_CODES ? 'warn-text' : 'fine'}>{t.codesLeft(state.recoveryCodesLeft)}</p>}
    {state.isOn && state.isRequired && <p class="fine">{t.isRequired}</p>}
    <div class="actions">
      {!state.isOn && <button type="button" class="primary" {...busy(isBusy)} onClick={onBegin}><Icon name="key" />{t.setUp}</button>}
      {state.isOn && <button type="button" onClick={() => onGo({ at: 'renew' })}>{t.newCodes}</button>}
      {state.isOn && !state.isRequired && <button type="button" class="danger" onClick={() => onGo({ at: 'off' })}>{t.turnOff}</button>}
    </div>
  </div>
);

export const SecondFactorPanel = () => {
  const resource = useResource<SecondFactor>('/api/auth/second-factor');
  const beginning = useAction();
  const step = useSignal<Step | undefined>(undefined);
  const state = resource.data.value;
  const close = (): void => { step.value = undefined; };
  const begin = (): Promise<void> => beginning.run(async () => { step.value = { at: 'setup', begun: await post<BegunTotp>('/api/auth/second-factor/begin') }; });
  const show = (codes: readonly string[]): void => {
    step.value = { at: 'codes', codes };
    void resource.refresh();
  };
  const at = step.value;
  return (
    <Panel title={t.title} aside={state && <Badge tone={state.isOn ? 'good' : 'quiet'}>{state.isOn ? t.on : t.off}</Badge>}>
      <ProblemNote problem={beginning.problem.value ?? (state ? undefined : resource.problem.value)} />
      {state && <Current state={state} isBusy={beginning.isBusy.value} onBegin={() => void begin()} onGo={(next) => { step.value = next; }} />}
      {at?.at === 'setup' && <Setup begun={at.begun} onCodes={show} onClose={close} />}
      {at?.at === 'codes' && <Codes codes={at.codes} onClose={close} />}
      {at?.at === 'renew' && <NewCodes onCodes={show} onClose={close} />}
      {at?.at === 'off' && <TurnOff onDone={resource.refresh} onClose={close} />}
    </Panel>
  );
};
