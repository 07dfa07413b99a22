/** A control with its label, help and error tied to it, and the summary of errors that a failed submit moves to. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { FieldProblem } from '../api/problem.ts';
import { strings } from '../strings.ts';
import { Icon } from './icon.tsx';

export type ControlProps = { id: string; name: string; 'aria-describedby': string | undefined; 'aria-invalid': 'true' | undefined; 'aria-required': 'true' | undefined };

type FieldProps = {
  id: string; label: string; help?: string | undefined; problem?: string | undefined; required?: boolean; optional?: boolean;
  aside?: ComponentChildren; children: (control: ControlProps) => JSX.Element;
};

export const Field = ({ id, label, help, problem, required = false, optional = false, aside, children }: FieldProps) => {
  const described = [help && `${id}-help`, problem && `${id}-problem`].filter(Boolean).join(' ');
  return (
    <div class={problem ? 'field wrong' : 'field'}>
      <div class="field-head">
        <label for={id}>{label}</label>
        {optional && <span class="fine">{strings.form.optional}</span>}
        {aside}
      </div>
      {children({
        id, name: id, 'aria-describedby': described || undefined, 'aria-invalid': problem ? 'true' : undefined,
        'aria-required': required ? 'true' : undefined,
      })}
      {help && <p class="help" id={`${id}-help`}>{help}</p>}
      {problem && <p class="field-problem" id={`${id}-problem`}><Icon name="warning" />{problem}</p>}
    </div>
  );
};

type SummaryItem = FieldProblem & { readonly label: string };

/** `turn` counts failed submits: each one moves the focus here. */
export const ErrorSummary = ({ items, idOf, turn }: { items: readonly SummaryItem[]; idOf: (path: string) => string | undefined; turn: number }) => {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => { if (turn > 0) box.current?.focus(); }, [turn]);
  if (items.length === 0) return null;
  return (
    <div class="note bad" role="alert" tabIndex={-1} ref={box}>
      <Icon name="warning" />
      <div>
        <p>{strings.form.summary(items.length)}</p>
        <ul>
          {items.map(({ path, label, message }) => {
            const text = label === '' ? message : `${label}: ${message}`;
            const id = idOf(path);
            const toField = (event: Event) => { event.preventDefault(); if (id) document.getElementById(id)?.focus(); };
            return <li key={`${path} ${message}`}>{id ? <a href={`#${id}`} onClick={toField}>{text}</a> : text}</li>;
          })}
        </ul>
      </div>
    </div>
  );
};
