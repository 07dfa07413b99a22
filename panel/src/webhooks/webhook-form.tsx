/** Making and changing a webhook: where to, and which events. */
import type { Webhook, WebhookWithSecret } from '@citrus/contracts';
import { useSignal, type Signal } from '@preact/signals';
import { newKey, post } from '../api/client.ts';
import { useResource } from '../live/resource.ts';
import { problemAt } from '../session/new-password.tsx';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { ShownOnce } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { Icon } from '../ui/icon.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { words as t } from './words.ts';

export const SecretShown = ({ title, webhook, note, onClose }: { title: string; webhook: WebhookWithSecret; note?: string; onClose: () => void }) => (
  <Dialog title={title} onClose={onClose}>
    <div class="dialog-text">
      {note && <p>{note}</p>}
      <ShownOnce id="webhook-secret" label={t.secret} text={webhook.secret} help={t.secretHelp} />
      <footer class="dialog-foot"><button type="button" onClick={onClose}>{strings.people.done}</button></footer>
    </div>
  </Dialog>
);

/** Types one by one, chosen from those that there are or written with a star. */
const TypePicker = ({ types, problem }: { types: Signal<readonly string[]>; problem: string | undefined }) => {
  const known = useResource<{ items: string[] }>('/api/webhooks/types').data.value?.items ?? [];
  const written = useSignal('');
  const add = (): void => {
    const type = written.value.trim();
    if (type !== '' && !types.value.includes(type)) types.value = [...types.value, type];
    written.value = '';
  };
  return (
    <>
      <Field id="webhook-type" label={t.type} help={t.typesHelp} problem={problem}>
        {(control) => (
          <span class="secret">
            <input {...control} type="text" list="webhook-types" maxLength={65} autocomplete="off" spellcheck={false} value={written.value} onInput={(event) => { written.value = event.currentTarget.value; }} onKeyDown={(event) => { if (event.key === 'Enter') { event.preventDefault(); add(); } }} />
            <button type="button" onClick={add}>{t.addType}</button>
          </span>
        )}
      </Field>
      <datalist id="webhook-types">{known.map((type) => <option key={type} value={type} />)}</datalist>
      <ul class="webhook-types" aria-label={t.events}>
        {types.value.map((type) => <li key={type}><button type="button" class="small" aria-label={t.removeType(type)} onClick={() => { types.value = types.value.filter((one) => one !== type); }}><span class="mono">{type}</span><Icon name="cross" /></button></li>)}
      </ul>
    </>
  );
};

type FormProps = { webhook?: Webhook; onDone: () => Promise<unknown>; onClose: () => void };

export const WebhookForm = ({ webhook, onDone, onClose }: FormProps) => {
  const saving = useAction();
  const [key, made] = [useSignal(newKey()), useSignal<WebhookWithSecret | undefined>(undefined)];
  const [isAll, types] = [useSignal(!webhook || webhook.types.includes('*')), useSignal<readonly string[]>(webhook?.types.filter((type) => type !== '*') ?? [])];
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const waiting = isAll.value ? '' : valueOf(form, 'webhook-type').trim();
    const body = { url: valueOf(form, 'webhook-url').trim(), description: valueOf(form, 'webhook-description').trim(), types: isAll.value ? ['*'] : [...types.value, ...(waiting === '' || types.value.includes(waiting) ? [] : [waiting])] };
    void saving.run(async () => {
      if (webhook) await post(`/api/webhooks/${webhook.id}/change`, body);
      else made.value = await post<WebhookWithSecret>('/api/webhooks', body, key.value);
      await onDone();
      if (webhook) onClose();
    }, () => { key.value = newKey(); });
  };
  if (made.value) return <SecretShown title={t.made} webhook={made.value} onClose={onClose} />;
  const problems = saving.problem.value?.fields ?? [];
  return (
    <Dialog title={webhook ? t.changeOf(new URL(webhook.url).host) : t.add} onClose={onClose}>
      <form onSubmit={submit}>
        <ProblemNote problem={saving.problem.value} />
        <Field id="webhook-url" label={t.url} help={t.urlHelp} problem={problemAt(problems, 'url')}>
          {(control) => <input {...control} type="url" required maxLength={2048} autocomplete="off" spellcheck={false} defaultValue={webhook?.url ?? ''} placeholder="https://" />}
        </Field>
        <Field id="webhook-description" label={t.description} help={t.descriptionHelp} optional problem={problemAt(problems, 'description')}>
          {(control) => <input {...control} type="text" maxLength={200} autocomplete="off" defaultValue={webhook?.description ?? ''} />}
        </Field>
        <fieldset class="choices">
          <legend>{t.events}</legend>
          <label class="choice"><input type="radio" name="webhook-events" checked={isAll.value} onChange={() => { isAll.value = true; }} /> {t.all}</label>
          <label class="choice"><input type="radio" name="webhook-events" checked={!isAll.value} onChange={() => { isAll.value = false; }} /> {t.some}</label>
          {!isAll.value && <TypePicker types={types} problem={problemAt(problems, 'types')} />}
        </fieldset>
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(saving.isBusy.value)}>{webhook ? t.save : t.add}</button>
        </footer>
      </form>
    </Dialog>
  );
};
