/** A new run: which servers, how carefully, then what the installer asks. The plan follows the filter. */
import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useLocation, useSearchParams } from 'wouter-preact';
import { post } from '../api/client.ts';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import type { Catalogue, Installer, Run } from '../api/types.ts';
import { InstallForm } from '../install/install-form.tsx';
import { useResource } from '../live/resource.ts';
import { strings } from '../strings.ts';
import { Field } from '../ui/field.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';

const t = strings.runs;
const PLAN_AFTER_MS = 400;
const OBSTACLE = 'no-plan';

type Plan = { readonly servers: readonly { id: string; name: string; refused: string | null }[]; readonly waves: readonly number[]; readonly maxFailures: number };
type Wishes = { readonly filter: Signal<string>; readonly waves: Signal<string>; readonly maxFailures: Signal<string> };

const strategyOf = ({ waves, maxFailures }: Wishes) => ({ waves: waves.value.split(/[\s,]+/).filter(Boolean), maxFailures: maxFailures.value.trim() });

/** What the wishes come to, a moment after the last key; the inputs are checked when they are sent. */
const usePlan = (installer: Installer | undefined, wishes: Wishes) => {
  const [plan, problem] = [useSignal<Plan | undefined>(undefined), useSignal<ApiProblem | undefined>(undefined)];
  const asked = `${wishes.filter.value}\n${wishes.waves.value}\n${wishes.maxFailures.value}\n${installer?.id}`;
  useEffect(() => {
    plan.value = problem.value = undefined;
    if (!installer || wishes.filter.value.trim() === '') return undefined;
    let isLate = false;
    const ask = async (): Promise<void> => {
      try {
        const answer = await post<Plan>('/api/runs/plan', { installer: installer.id, filter: wishes.filter.value.trim(), strategy: strategyOf(wishes) });
        if (!isLate) plan.value = answer;
      } catch (thrown) {
        if (!isLate) problem.value = asProblem(thrown);
      }
    };
    const timer = setTimeout(() => void ask(), PLAN_AFTER_MS);
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  }, [asked]);
  return { plan, problem };
};

const PlanList = ({ plan }: { plan: Plan }) => (
  <Panel title={t.plan} aside={<span class="count">{plan.servers.length}</span>}>
    <p class="fine panel-note">{t.planMeans(plan.waves.join(', '), plan.maxFailures)}</p>
    <ul class="rows">
      {plan.servers.map(({ id, name, refused }) => (
        <li key={id} class="row"><div class="row-text"><p>{name}</p>{refused && <p class="fine"><Icon name="warning" /> {refused}</p>}</div></li>
      ))}
    </ul>
  </Panel>
);

export const NewRun = () => {
  const [, goTo] = useLocation();
  const [query] = useSearchParams();
  const catalogue = useResource<Catalogue>('/api/installers');
  const chosen = useSignal<string | undefined>(undefined);
  const wishes: Wishes = { filter: useSignal(query.get('on') ?? ''), waves: useSignal('1, 25%, 100%'), maxFailures: useSignal('0') };
  const installers = catalogue.data.value?.items;
  const installer = installers?.find(({ id }) => id === chosen.value) ?? installers?.[0];
  const { plan, problem } = usePlan(installer, wishes);
  const send = async (inputs: object, key: string): Promise<void> => {
    const run = await post<Run>('/api/runs', { installer: installer?.id, inputs, filter: wishes.filter.value.trim(), strategy: strategyOf(wishes) }, key);
    goTo(`/runs/${run.id}`);
  };
  const text = (id: string, value: Signal<string>, { label, help }: { label: string; help: string }) => (
    <Field id={id} label={label} help={help}>
      {(control) => <input {...control} type="text" value={value.value} autocomplete="off" spellcheck={false} autocapitalize="none" onInput={(event) => { value.value = event.currentTarget.value; }} />}
    </Field>
  );
  if (!installer) return <Page title={t.begin} crumbs={[{ text: t.title, href: '/runs' }]}>{catalogue.problem.value ? <ProblemNote problem={catalogue.problem.value} /> : <p class="loading"><Slice turning /></p>}</Page>;
  return (
    <Page title={t.begin} crumbs={[{ text: t.title, href: '/runs' }]}>
      <div class="aside-first">
        <div class="column">
          {plan.value && <PlanList plan={plan.value} />}
          <ProblemNote problem={problem.value} />
          {!plan.value && !problem.value && <p class="fine" id={OBSTACLE}>{t.noPlan}</p>}
        </div>
        <div class="column">
          <Panel title={t.which}>
            <div class="panel-form">
              <Field id="run-installer" label={t.app}>
                {(control) => <select {...control} value={installer.id} onChange={(event) => { chosen.value = event.currentTarget.value; }}>{installers?.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</select>}
              </Field>
              {text('run-filter', wishes.filter, { label: t.on, help: t.filterHelp })}
              {text('run-waves', wishes.waves, { label: t.waves, help: t.wavesHelp })}
              {text('run-failures', wishes.maxFailures, { label: t.mayFail, help: t.mayFailHelp })}
            </div>
          </Panel>
          <InstallForm key={installer.id} obstacle={plan.value ? undefined : OBSTACLE} installer={installer} action="install" before={{}} send={send} place={plan.value ? t.onServers(plan.value.servers.length) : t.noPlan} />
        </div>
      </div>
    </Page>
  );
};
