import type { InputValue } from '@citrus/contracts';
import type { Sources } from '@citrus/contracts/inputs';
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { newKey } from '../api/client.ts';
import type { FieldProblem } from '../api/problem.ts';
import type { Installer, Job } from '../api/types.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { afterPointer } from '../ui/after-pointer.ts';
import { ErrorSummary } from '../ui/field.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { answersToSend, answersToShow, initialAnswers, inputOf, problemsIn, shownInputs, valueIn, visibleProblems, type Answers } from './form-state.ts';
import { controlId, InputField } from './input-field.tsx';
import { loadPatterns } from './patterns.ts';

const t = strings.install;
type InstallFormProps = {
  installer: Installer; action: Job['action']; before: Readonly<Record<string, InputValue>>;
  /** The same key for the same answers. */
  send: (inputs: object, key: string) => Promise<void>;
  /** Where it will run, or that it cannot. */
  place: string;
  /** The id of the words that say why it cannot be started. */
  obstacle: string | undefined;
  /** The lists that choices are made of on this server. */
  sources?: Sources | undefined;
  /** Told the answers so far, without secrets. */
  onAnswers?: (inputs: object) => void;
  /** Told what was wrong with what was sent, also beside the answers. */
  onRefused?: (fields: readonly FieldProblem[]) => void;
  /** The id of a control that is not the form's own, by the path of what is wrong with it. */
  otherControl?: (path: string) => string | undefined;
  /** More to choose before it begins. */
  extra?: ComponentChildren;
  /** What the button says, if not the action. */
  submit?: string | undefined;
};

const useForm = ({ inputs }: Installer, before: Readonly<Record<string, InputValue>>) => {
  const answers = useSignal<Answers>(initialAnswers(inputs, before));
  const touched = useSignal<ReadonlySet<string>>(new Set());
  const refused = useSignal<readonly FieldProblem[]>([]);
  const key = useRef(newKey());
  useEffect(() => {
    const checkAgain = async (): Promise<void> => {
      await loadPatterns();
      answers.value = { ...answers.value };
    };
    if (inputs.some(({ validation }) => validation.pattern !== undefined)) void checkAgain();
  }, []);
  const touch = (...ids: string[]): void => { touched.value = new Set([...touched.value, ...ids]); };
  return {
    answers, touched, refused, key, touch,
    change: (id: string, value: string | boolean): void => {
      answers.value = { ...answers.value, [id]: value };
      refused.value = refused.value.filter(({ path }) => inputOf(path) !== id);
      key.current = newKey();
    },
  };
};

export const InstallForm = ({ installer, action, before, send, place, obstacle, sources, onAnswers, onRefused, otherControl, submit: submitText, extra }: InstallFormProps) => {
  const { inputs } = installer;
  const { answers, touched, refused, key, touch, change } = useForm(installer, before);
  const sending = useAction();
  const turn = useSignal(0);
  useEffect(() => onAnswers?.(answersToShow(inputs, answers.value, sources)), [answers.value, action]);
  const shown = shownInputs(inputs, answers.value, sources, action);
  const local = problemsIn(inputs, answers.value, sources, action);
  const problems = visibleProblems({ local, server: refused.value, touched: touched.value });
  const labelOf = (path: string): string => inputs.find(({ id }) => id === path)?.label ?? '';

  const submit = (event: Event): void => {
    event.preventDefault();
    touch(...inputs.map(({ id }) => id));
    if (local.length > 0) {
      turn.value += 1;
      return;
    }
    void sending.run(() => send(answersToSend(inputs, answers.value, sources), key.current), ({ fields }) => {
      refused.value = fields;
      onRefused?.(fields);
      turn.value += 1;
    });
  };

  return (
    <form class="panel install-form" aria-label={t.form} onSubmit={submit} noValidate>
      <ErrorSummary turn={turn.value} items={[...problems].map(([path, message]) => ({ path, message, label: labelOf(path) }))} idOf={(path) => (labelOf(path) === '' ? otherControl?.(path) : controlId(path))} />
      {refused.value.length === 0 && <ProblemNote problem={sending.problem.value} />}
      {inputs.length === 0 && <p class="fine">{t.noInputs}</p>}
      {shown.map((state) => {
        const { id } = state.input;
        return <InputField key={id} state={state} value={valueIn(state, answers.value)} problem={problems.get(id)} onChange={(value) => change(id, value)} onLeave={() => afterPointer(() => touch(id))} />;
      })}
      {extra}
      <footer class="form-foot">
        <button type="submit" class={action === 'uninstall' ? 'danger' : 'primary'} {...busy(sending.isBusy.value)} disabled={obstacle !== undefined} aria-describedby={obstacle}>{submitText ?? strings.jobs.action[action]}</button>
        <p class="fine">{place}</p>
      </footer>
    </form>
  );
};
