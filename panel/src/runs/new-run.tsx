/**
 * A new run, or what a schedule begins: which servers, how carefully, when, then what the installer asks. The plan follows
 * the filter and says for each server whether it could begin.
 */
import { useSignal, type Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLocation, useSearchParams } from 'wouter-preact';
import { post } from '../api/client.ts';
import type { FieldProblem } from '../api/problem.ts';
import type { Catalogue, Installer, Job, Run, Schedule } from '../api/types.ts';
import { InstallForm } from '../install/install-form.tsx';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Field } from '../ui/field.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { PlanList } from './plan-list.tsx';
import { strategyOf, useRunPlan, type Wishes } from './use-run-plan.ts';
import { ownZone, When, type Times } from './when.tsx';
import { words } from './words.ts';

const t = strings.runs;
const OBSTACLE = 'no-plan';
const NOT_YOURS = `${strings.install.notYours} ${strings.install.askOperator}`;
const TO_RUNS = { text: t.title, href: '/runs' };
const PRIORITIES: readonly Job['priority'][] = ['critical', 'high', 'normal', 'low'];

const CONTROLS: Readonly<Record<string, string>> = { filter: 'run-filter', 'strategy.waves': 'run-waves', 'strategy.maxFailures': 'run-failures', name: 'schedule-name', cron: 'schedule-cron', timeZone: 'schedule-timeZone' };

const actionsOf = (installer: Installer): readonly Job['action'][] => ['install', ...(['upgrade', 'reconfigure', 'backup', 'restore', 'health', 'uninstall'] as const).filter((action) => installer.scripts[action] !== undefined)];

type TextProps = { readonly id: string; readonly value: Signal<string>; readonly label: string; readonly help: string; readonly problem?: string | undefined };
const Text = ({ id, value, label, help, problem }: TextProps) => (
  <Field id={id} label={label} help={help} problem={problem}>
    {(control) => <input {...control} type="text" value={value.value} autocomplete="off" spellcheck={false} autocapitalize="none" onInput={(event) => { value.value = event.currentTarget.value; }} />}
  </Field>
);

const Which = ({ wishes, installer, installers, onChoose, problemAt }: { wishes: Wishes; installer: Installer; installers: readonly Installer[]; onChoose: (id: string) => void; problemAt: (path: string) => string | undefined }) => (
  <Panel title={t.which}>
    <div class="panel-form">
      <Field id="run-installer" label={t.app}>
        {(control) => <select {...control} value={installer.id} onChange={(event) => onChoose(event.currentTarget.value)}>{installers.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</select>}
      </Field>
      <Field id="run-action" label={words.action}>
        {(control) => <select {...control} value={wishes.action.value} onChange={(event) => { wishes.action.value = event.currentTarget.value as Job['action']; }}>{actionsOf(installer).map((action) => <option key={action} value={action}>{strings.jobs.action[action]}</option>)}</select>}
      </Field>
      <Text id="run-filter" value={wishes.filter} label={t.on} help={t.filterHelp} problem={problemAt('filter')} />
      <Text id="run-waves" value={wishes.waves} label={t.waves} help={t.wavesHelp} problem={problemAt('strategy.waves')} />
      <Text id="run-failures" value={wishes.maxFailures} label={t.mayFail} help={t.mayFailHelp} problem={problemAt('strategy.maxFailures')} />
      <details class="more">
        <summary>{strings.create.more}</summary>
        <Text id="run-at-once" value={wishes.atOnce} label={words.atOnce} help={words.atOnceHelp} problem={problemAt('strategy.atOnce')} />
        <Field id="run-priority" label={words.priority}>
          {(control) => <select {...control} value={wishes.priority.value} onChange={(event) => { wishes.priority.value = event.currentTarget.value as Job['priority']; }}>{PRIORITIES.filter((each) => each !== 'critical' || may('admin')).map((each) => <option key={each} value={each}>{strings.job.priorities[each]}</option>)}</select>}
        </Field>
      </details>
    </div>
  </Panel>
);

type Kind = 'now' | 'again';
const WhenPanel = ({ kind, times, sent, isFixed }: { kind: Signal<Kind>; times: Times; sent: readonly FieldProblem[]; isFixed: boolean }) => (
  <Panel title={words.when}>
    <div class="panel-form">
      {!isFixed && (
        <fieldset class="choices inline">
          <legend class="unseen">{words.when}</legend>
          {(['now', 'again'] as const).map((each) => <label key={each} class="choice"><input type="radio" name="run-when" checked={kind.value === each} onChange={() => { kind.value = each; }} />{words[each]}</label>)}
        </fieldset>
      )}
      {kind.value === 'again' && <When times={times} sent={sent} />}
    </div>
  </Panel>
);

const RunForm = ({ installers, schedule }: { installers: readonly Installer[]; schedule?: Schedule }) => {
  const [, goTo] = useLocation();
  const [query] = useSearchParams();
  const chosen = useSignal(schedule?.run.installer ?? query.get('installer') ?? '');
  const wishes: Wishes = {
    filter: useSignal(schedule?.run.filter ?? query.get('on') ?? ''), waves: useSignal((schedule?.run.strategy.waves ?? ['1', '25%', '100%']).join(', ')), maxFailures: useSignal(schedule?.run.strategy.maxFailures ?? '0'),
    atOnce: useSignal(String(schedule?.run.strategy.atOnce ?? 0)), action: useSignal<Job['action']>(schedule?.run.action ?? 'install'), priority: useSignal<Job['priority']>(schedule?.run.priority ?? 'normal'),
  };
  const kind = useSignal<Kind>(schedule || query.get('when') === 'again' ? 'again' : 'now');
  const times: Times = { name: useSignal(schedule?.name ?? ''), cron: useSignal(schedule?.cron ?? '30 2 * * *'), timeZone: useSignal(schedule?.timeZone ?? ownZone()) };
  const sent = useSignal<readonly FieldProblem[]>([]);
  const installer = installers.find(({ id }) => id === chosen.value) ?? installers[0];
  const { plan, problem } = useRunPlan(installer, wishes);
  if (!installer) return null;
  const isAgain = kind.value === 'again';
  const problemAt = (path: string): string | undefined => sent.value.find((each) => each.path === path || each.path.startsWith(`${path}.`))?.message;
  const send = async (inputs: object, key: string): Promise<void> => {
    const wanted = { installer: installer.id, action: wishes.action.value, inputs, filter: wishes.filter.value.trim(), strategy: strategyOf(wishes), priority: wishes.priority.value };
    if (!isAgain) return goTo(`/runs/${(await post<Run>('/api/runs', wanted, key)).id}`);
    const body = { ...wanted, name: times.name.value.trim() || `${strings.jobs.action[wishes.action.value]} ${installer.name}`, cron: times.cron.value.trim(), timeZone: times.timeZone.value.trim(), ...(schedule?.run.sample && { sample: schedule.run.sample }) };
    await (schedule ? post<Schedule>(`/api/schedules/${schedule.id}/change`, body) : post<Schedule>('/api/schedules', body, key));
    goTo('/runs');
  };
  // A schedule may mean nobody yet: servers that get the tag later are part of it.
  const isAllowed = may('operator');
  const isHeldBack = !isAllowed || (isAgain ? wishes.filter.value.trim() === '' : plan.value === undefined);
  return (
    <div class="form-first">
      <div class="column">
        <Which wishes={wishes} installer={installer} installers={installers} onChoose={(id) => { chosen.value = id; wishes.action.value = 'install'; }} problemAt={problemAt} />
        <WhenPanel kind={kind} times={times} sent={sent.value} isFixed={schedule !== undefined} />
        <InstallForm key={`${installer.id} ${wishes.action.value}`} obstacle={isHeldBack ? OBSTACLE : undefined} installer={installer} action={wishes.action.value} before={schedule?.run.installer === installer.id ? schedule.run.inputs : {}} send={send} onRefused={(fields) => { sent.value = fields; }} otherControl={(path) => CONTROLS[path.split('.')[0] === 'strategy' ? path : (path.split('.')[0] ?? '')]}
          submit={isAgain ? (schedule ? words.keep : words.save) : undefined} place={!isAllowed ? NOT_YOURS : isAgain ? words.laterServers : plan.value ? t.onServers(plan.value.servers.length) : t.noPlan} />
      </div>
      <div class="column follows">
        {plan.value && <PlanList plan={plan.value} />}
        <ProblemNote problem={problem.value} />
        {!isAllowed && <div class="note warn"><Icon name="warning" /><p>{NOT_YOURS}</p></div>}
        {!plan.value && !problem.value && <p class="note" id={OBSTACLE}><Icon name="question" /><span>{t.noPlan}</span></p>}
      </div>
    </div>
  );
};

const Frame = ({ title, children, problem }: { title: string; children?: ComponentChildren; problem?: Parameters<typeof ProblemNote>[0]['problem'] }) => (
  <Page title={title} crumbs={[TO_RUNS]}>{children ?? (problem ? <ProblemNote problem={problem} /> : <p class="loading"><Slice turning /></p>)}</Page>
);

export const NewRun = () => {
  const [query] = useSearchParams();
  const catalogue = useResource<Catalogue>('/api/installers');
  const installers = catalogue.data.value?.items;
  const title = query.get('when') === 'again' ? words.newSchedule : t.begin;
  if (!installers) return <Frame title={title} problem={catalogue.problem.value} />;
  return <Frame title={title}>{installers.length > 0 ? <RunForm installers={installers} /> : <Empty title={strings.catalogue.none}><p>{strings.catalogue.noneHint}</p></Empty>}</Frame>;
};

export const ChangeSchedule = ({ scheduleId }: { scheduleId: string }) => {
  const [catalogue, schedule] = [useResource<Catalogue>('/api/installers'), useResource<Schedule>(`/api/schedules/${scheduleId}`)];
  const [installers, found] = [catalogue.data.value?.items, schedule.data.value];
  if (schedule.problem.value?.status === 404 || schedule.problem.value?.status === 400) return <Frame title={words.unknown}><Empty title={words.unknownHint} /></Frame>;
  if (!installers || !found) return <Frame title={strings.shell.loading} problem={catalogue.problem.value ?? schedule.problem.value} />;
  return <Frame title={words.changeTitle(found.name)}><RunForm installers={installers} schedule={found} /></Frame>;
};
