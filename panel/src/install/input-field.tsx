/** One input of a manifest as a native control. */
import type { Input } from '@citrus/contracts';
import { isSensitive, type InputState } from '@citrus/contracts/inputs';
import { useSignal } from '@preact/signals';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy.tsx';
import { Field, type ControlProps } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';

const t = strings.form;
type InputFieldProps = { state: InputState; value: string | boolean; problem: string | undefined; onChange: (value: string | boolean) => void; onLeave: () => void };

export const controlId = (inputId: string): string => `input-${inputId}`;

const LETTERS = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

const generate = (length: number): string => {
  const limit = 256 - (256 % LETTERS.length);
  const letters: string[] = [];
  while (letters.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) if (byte < limit && letters.length < length) letters.push(LETTERS[byte % LETTERS.length] ?? '');
  }
  return letters.join('');
};

const Secret = ({ control, state: { input, isEnabled }, value, onChange, onLeave }: InputFieldProps & { control: ControlProps }) => {
  const isShown = useSignal(false);
  const { min_length: min = 0, max_length: max = 64 } = input.validation;
  const make = (): void => {
    onChange(generate(Math.max(min, Math.min(24, max))));
    isShown.value = true;
  };
  return (
    <div class="secret">
      <input {...control} disabled={!isEnabled} type={isShown.value ? 'text' : 'password'} class={isShown.value ? 'mono' : ''} autocomplete="new-password" spellcheck={false} value={String(value)} onInput={(event) => onChange(event.currentTarget.value)} onBlur={onLeave} />
      <button type="button" class="small" aria-pressed={isShown.value} onClick={() => { isShown.value = !isShown.value; }}>{t.show}</button>
      <button type="button" class="small" disabled={!isEnabled} onClick={make}><Icon name="key" />{t.generate}</button>
      {isShown.value && value !== '' && <CopyButton text={() => String(value)} />}
    </div>
  );
};

const Choice = ({ control, state: { isEnabled, choices = [] }, value, onChange, onLeave }: InputFieldProps & { control: ControlProps }) => (
  <select {...control} disabled={!isEnabled} value={choices.some((choice) => String(choice) === value) ? String(value) : ''} onChange={(event) => onChange(event.currentTarget.value)} onBlur={onLeave}>
    {!choices.some((choice) => String(choice) === value) && <option value="">{t.choose}</option>}
    {choices.map((allowed) => <option key={String(allowed)} value={String(allowed)}>{String(allowed)}</option>)}
  </select>
);

const MODES: Partial<Record<Input['type'], { type: string; inputMode?: 'numeric' | 'email' }>> = {
  integer: { type: 'text', inputMode: 'numeric' }, port: { type: 'text', inputMode: 'numeric' }, email: { type: 'email', inputMode: 'email' },
};

const Text = ({ control, state: { input, isEnabled }, value, onChange, onLeave }: InputFieldProps & { control: ControlProps }) => {
  const isLong = input.type === 'string' && (input.validation.max_length ?? 0) > 500;
  const common = { ...control, disabled: !isEnabled, value: String(value), autocomplete: 'off', spellcheck: false, onBlur: onLeave } as const;
  if (isLong) return <textarea {...common} rows={5} onInput={(event) => onChange(event.currentTarget.value)} />;
  return <input {...common} {...(MODES[input.type] ?? { type: 'text' })} onInput={(event) => onChange(event.currentTarget.value)} />;
};

const Tick = ({ state: { input, isEnabled }, value, problem, onChange, onLeave }: InputFieldProps) => {
  const id = controlId(input.id);
  return (
    <div class={problem ? 'field wrong' : 'field'}>
      <label class="tick"><input id={id} type="checkbox" disabled={!isEnabled} checked={value === true} aria-describedby={input.description ? `${id}-help` : undefined} onChange={(event) => onChange(event.currentTarget.checked)} onBlur={onLeave} />{input.label}</label>
      {input.description && <p class="help" id={`${id}-help`}>{input.description}</p>}
      {problem && <p class="field-problem">{problem}</p>}
    </div>
  );
};

export const InputField = (props: InputFieldProps) => {
  const { state: { input, isRequired }, problem } = props;
  if (input.type === 'boolean') return <Tick {...props} />;
  const Control = isSensitive(input) ? Secret : input.type === 'select' || input.validation.allowed_values ? Choice : Text;
  return (
    <Field id={controlId(input.id)} label={input.label} help={input.description} problem={problem} required={isRequired} optional={!isRequired}>
      {(control) => <Control {...props} control={control} />}
    </Field>
  );
};
