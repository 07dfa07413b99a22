/** One input of a manifest as a native control. */
import type { Input } from '@citrus/contracts';
import { isSensitive } from '@citrus/contracts/inputs';
import { useSignal } from '@preact/signals';
import { strings } from '../strings.ts';
import { Field, type ControlProps } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';

const t = strings.form;
type InputFieldProps = { input: Input; value: string | boolean; problem: string | undefined; onChange: (value: string | boolean) => void; onLeave: () => void };

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

const Secret = ({ control, input, value, onChange, onLeave }: InputFieldProps & { control: ControlProps }) => {
  const isShown = useSignal(false);
  const { min_length: min = 0, max_length: max = 64 } = input.validation;
  const make = (): void => {
    onChange(generate(Math.max(min, Math.min(24, max))));
    isShown.value = true;
  };
  return (
    <div class="secret">
      <input {...control} type={isShown.value ? 'text' : 'password'} class={isShown.value ? 'mono' : ''} autocomplete="new-password" spellcheck={false} value={String(value)} onInput={(event) => onChange(event.currentTarget.value)} onBlur={onLeave} />
      <button type="button" class="small" aria-pressed={isShown.value} onClick={() => { isShown.value = !isShown.value; }}>{t.show}</button>
      <button type="button" class="small" onClick={make}><Icon name="key" />{t.generate}</button>
    </div>
  );
};

const Choice = ({ control, input, value, onChange, onLeave }: InputFieldProps & { control: ControlProps }) => (
  <select {...control} value={String(value)} onChange={(event) => onChange(event.currentTarget.value)} onBlur={onLeave}>
    {value === '' && <option value="">{t.choose}</option>}
    {input.validation.allowed_values?.map((allowed) => <option key={String(allowed)} value={String(allowed)}>{String(allowed)}</option>)}
  </select>
);

const MODES: Partial<Record<Input['type'], { type: string; inputMode?: 'numeric' | 'email' }>> = {
  integer: { type: 'text', inputMode: 'numeric' }, port: { type: 'text', inputMode: 'numeric' }, email: { type: 'email', inputMode: 'email' },
};

const Text = ({ control, input, value, onChange, onLeave }: InputFieldProps & { control: ControlProps }) => {
  const isLong = input.type === 'string' && (input.validation.max_length ?? 0) > 500;
  const common = { ...control, value: String(value), autocomplete: 'off', spellcheck: false, onBlur: onLeave } as const;
  if (isLong) return <textarea {...common} rows={5} onInput={(event) => onChange(event.currentTarget.value)} />;
  return <input {...common} {...(MODES[input.type] ?? { type: 'text' })} onInput={(event) => onChange(event.currentTarget.value)} />;
};

const Tick = ({ input, value, problem, onChange, onLeave }: InputFieldProps) => {
  const id = controlId(input.id);
  return (
    <div class={problem ? 'field wrong' : 'field'}>
      <label class="tick"><input id={id} type="checkbox" checked={value === true} aria-describedby={input.description ? `${id}-help` : undefined} onChange={(event) => onChange(event.currentTarget.checked)} onBlur={onLeave} />{input.label}</label>
      {input.description && <p class="help" id={`${id}-help`}>{input.description}</p>}
      {problem && <p class="field-problem">{problem}</p>}
    </div>
  );
};

export const InputField = (props: InputFieldProps) => {
  const { input, problem } = props;
  if (input.type === 'boolean') return <Tick {...props} />;
  const Control = isSensitive(input) ? Secret : input.validation.allowed_values ? Choice : Text;
  return (
    <Field id={controlId(input.id)} label={input.label} help={input.description} problem={problem} required={input.required} optional={!input.required}>
      {(control) => <Control {...props} control={control} />}
    </Field>
  );
};
