/** Whether everybody needs a second factor. */
import type { SecondFactorPolicy } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post } from '../api/client.ts';
import { useResource } from '../live/resource.ts';
import { strings } from '../strings.ts';
import { Badge } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Field } from '../ui/field.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatExact } from '../ui/time.ts';
import { words as t } from './words.ts';

const PATH = '/api/installation/second-factor';
const GRACE_DAYS = 7;

export const FactorPanel = () => {
  const policy = useResource<SecondFactorPolicy>(PATH);
  const [isAsking, grace] = [useSignal(false), useSignal(GRACE_DAYS)];
  const now = policy.data.value;
  const set = async (isRequired: boolean): Promise<void> => {
    await post(PATH, isRequired ? { isRequired, graceDays: grace.value } : { isRequired });
    await policy.refresh();
  };
  return (
    <Panel title={t.factor} aside={now && <Badge tone={now.isRequired ? 'good' : 'quiet'}>{now.isRequired ? strings.secondFactor.on : strings.secondFactor.off}</Badge>}>
      <ProblemNote problem={now ? undefined : policy.problem.value} />
      {now && (
        <div class="panel-text">
          <p>{now.isRequired ? t.factorOn : t.factorOff}</p>
          {now.enforcedFrom && now.enforcedFrom !== now.since && <p class="fine">{t.factorFrom(formatExact(now.enforcedFrom))}</p>}
          <div class="actions"><button type="button" class={now.isRequired ? '' : 'primary'} onClick={() => { isAsking.value = true; }}>{now.isRequired ? t.factorStop : t.factorRequire}</button></div>
        </div>
      )}
      {isAsking.value && now && (
        <Confirm title={now.isRequired ? t.factorStopTitle : t.factorRequireTitle} submit={now.isRequired ? t.factorStop : t.factorRequire} isDanger={now.isRequired} onConfirm={() => set(!now.isRequired)} onClose={() => { isAsking.value = false; }}>
          <p>{now.isRequired ? t.factorStopMeans : t.factorRequireMeans}</p>
          {!now.isRequired && (
            <Field id="grace" label={t.grace} help={t.graceHelp}>
              {(control) => <input {...control} type="number" min={0} max={30} required value={grace.value} onInput={(event) => { grace.value = Number(event.currentTarget.value); }} />}
            </Field>
          )}
        </Confirm>
      )}
    </Panel>
  );
};
