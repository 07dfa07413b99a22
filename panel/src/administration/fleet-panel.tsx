/** The machines at all clouds compared with all servers. What belongs to nobody is destroyed only with its reference typed. */
import type { Finding, FleetReport } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post } from '../api/client.ts';
import { useResource } from '../live/resource.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Field } from '../ui/field.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { words as t } from './fleet-words.ts';

const PATH = '/api/reconcile/installation';

const Repair = ({ finding, onDone, onClose }: { finding: Finding; onDone: () => Promise<unknown>; onClose: () => void }) => {
  const typed = useSignal('');
  const { repair, machineRef, text, id } = finding;
  if (repair === null) return null;
  const isDestroying = repair === 'destroy';
  const send = async (): Promise<void> => {
    await post(`${PATH}/${encodeURIComponent(id)}/repair`, isDestroying ? { machineRef: typed.value } : {});
    await onDone();
  };
  return (
    <Confirm title={t.repairTitle[repair]} submit={t.repair[repair]} isDanger={isDestroying} onConfirm={send} onClose={onClose}>
      <p>{text}</p>
      {isDestroying && <p>{t.destroyMeans}</p>}
      {isDestroying && (
        <Field id="machine-ref" label={t.typeRef} help={t.typeRefHelp(machineRef ?? '')}>
          {(control) => <input {...control} type="text" required autocomplete="off" spellcheck={false} value={typed.value} onInput={(event) => { typed.value = event.currentTarget.value; }} />}
        </Field>
      )}
    </Confirm>
  );
};

const Row = ({ finding, onRepair }: { finding: Finding; onRepair: () => void }) => {
  const { kind, text, repair, isConfirmed, firstSeenAt } = finding;
  return (
    <li class="row">
      <div class="row-text">
        <p><Badge tone={kind === 'drift' ? 'warn' : 'bad'}>{t.kind[kind]}</Badge> {!isConfirmed && <span class="fine">{t.unconfirmed}</span>}</p>
        <p>{text}</p><p class="fine"><Ago at={firstSeenAt} /></p>
      </div>
      {repair === 'remove' && <span class="fine">{t.repair.remove}</span>}
      {repair !== null && repair !== 'remove' && <button type="button" class="small" onClick={onRepair}>{t.repair[repair]}</button>}
    </li>
  );
};

export const FleetPanel = () => {
  const report = useResource<FleetReport>(PATH, { everyMs: 60_000 });
  const comparing = useAction();
  const asked = useSignal<Finding | undefined>(undefined);
  const compare = (): void => void comparing.run(async () => {
    await post(PATH);
    await report.refresh();
  });
  const data = report.data.value;
  return (
    <Panel title={t.title} aside={<button type="button" class="small" {...busy(comparing.isBusy.value)} onClick={compare}>{t.compare}</button>}>
      <ProblemNote problem={comparing.problem.value ?? report.problem.value} />
      {data?.ranAt === null && <p class="fine panel-note">{t.never}</p>}
      {data?.ranAt && <p class="fine panel-note">{t.at} <Ago at={data.ranAt} />{data.counts && ` · ${t.counts(data.counts.machines, data.counts.servers)}`}</p>}
      {data?.problems.map(({ cloudId, text }) => <p key={cloudId} class="note bad">{text}</p>)}
      {data?.ranAt && data.findings.length === 0 && <p class="panel-note">{t.good}</p>}
      <ul class="rows">{data?.findings.map((finding) => <Row key={finding.id} finding={finding} onRepair={() => { asked.value = finding; }} />)}</ul>
      {asked.value && <Repair finding={asked.value} onDone={report.refresh} onClose={() => { asked.value = undefined; }} />}
    </Panel>
  );
};
