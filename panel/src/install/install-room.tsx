/** Facts first, then what stands against it, then the questions, then the button: people decide in this order. */
import type { Sources } from '@citrus/contracts/inputs';
import { useSignal, type Signal } from '@preact/signals';
import { useLocation, useSearchParams } from 'wouter-preact';
import { post } from '../api/client.ts';
import type { App, Catalogue, CheckedRequirement, Installer, Job, LiveServer, Page as PageOf } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { installedApps } from '../servers/installed-apps.ts';
import { machineOf, useAgents, type Machine } from '../servers/machine.ts';
import { TO_SERVERS, useServer, useServerJobs } from '../servers/use-server.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Icon, Slice, type IconName } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Facts } from './facts.tsx';
import { InstallForm } from './install-form.tsx';
import { JobWishes, wishesToSend, type Wishes } from './job-wishes.tsx';
import { PlanPanel } from './plan-panel.tsx';
import { requirementsOf, unmetOf } from './requirements.ts';
import { usePlan } from './use-plan.ts';

const t = strings.install;
const LOOKS: Record<CheckedRequirement['state'], { icon: IconName; tone: string }> = {
  met: { icon: 'check', tone: 'good' }, unmet: { icon: 'cross', tone: 'bad' }, unknown: { icon: 'dot', tone: 'quiet' },
};

type Ready = { installer: Installer; server: LiveServer; machine: Machine | undefined; jobs: readonly Job[]; app: App | undefined };

const Requirements = ({ requirements, server, ignores }: { requirements: readonly CheckedRequirement[]; server: LiveServer; ignores: Signal<boolean> }) => {
  const isOffline = server.status === 'active' && server.online === false;
  const canIgnore = requirements.some(({ state, mayBeIgnored }) => state === 'unmet' && mayBeIgnored);
  if (requirements.length === 0 && !isOffline) return null;
  return (
    <Panel title={t.requirements}>
      <ul class="requirements">
        {requirements.map(({ id, state, text }) => (
          <li key={id} class={LOOKS[state].tone}><Icon name={LOOKS[state].icon} /><span>{text} <span class="fine nowrap">{t.requirementState[state]}</span></span></li>
        ))}
        {isOffline && <li class="warn"><Icon name="warning" /><span>{t.serverOffline}</span></li>}
        {canIgnore && <li><label class="tick"><input type="checkbox" checked={ignores.value} onChange={(event) => { ignores.value = event.currentTarget.checked; }} />{t.ignoreMemory}</label></li>}
      </ul>
    </Panel>
  );
};

const Warning = ({ text, id }: { text: string; id?: string }) => <div class="note warn" id={id}><Icon name="warning" /><p>{text}</p></div>;

/** All that is missing at once, each with what to do. */
const Unmet = ({ id, name, items }: { id: string; name: string; items: readonly CheckedRequirement[] }) => (
  <div class="note bad" id={id}><Icon name="cross" /><div><p>{t.missing(name)}</p><ul>{items.map((each) => <li key={each.id}>{each.text}. {each.remedy}</li>)}</ul></div></div>
);

/** The place that says why nothing can be started; the button points to it. */
const OBSTACLE = 'obstacle';
/** What is done to an app that is there: safely, with a backup first. */
const CHANGES: readonly Job['action'][] = ['upgrade', 'reconfigure', 'uninstall'];
/** What was tried last is what somebody who answers again means; where nothing is asked of them, it is what the app has. */
const ANSWERED: readonly Job['action'][] = ['install', 'reconfigure'];
const answersOf = (app: App | undefined, action: Job['action']): App['inputs'] | undefined => app && (ANSWERED.includes(action) || app.version === null ? app.proposal : app.inputs);
const ACTIONS: readonly Job['action'][] = ['install', 'uninstall', 'upgrade', 'reconfigure', 'backup', 'restore', 'health'];

const Questions = ({ installer, server, machine, jobs, app }: Ready) => {
  const [query] = useSearchParams();
  const [, goTo] = useLocation();
  const ignores = useSignal(false);
  const action = ACTIONS.find((each) => each === query.get('action')) ?? 'install';
  const installed = installedApps(jobs).find((app) => app.installer === installer.id);
  const again = jobs.find(({ id, installer: of }) => id === query.get('from') && of === installer.id);
  const failedBefore = again ? again.reason : app?.state === 'failed' ? app.reason : null;
  const isJob = !installed || !CHANGES.includes(action);
  const wishes: Wishes = { priority: useSignal('normal'), withDependencies: useSignal(true) };
  const { plan, ask } = usePlan({ serverId: server.id, installer: installer.id, action });
  const requirements = plan.value?.requirements ?? requirementsOf(installer, machine, action);
  // Those that it depends on are installed first, if that is wished for.
  const unmet = unmetOf(requirements, ignores.value).filter(({ id }) => !(isJob && wishes.withDependencies.value && id.startsWith('depends-')));
  const send = async (inputs: object, key: string): Promise<void> => {
    if (isJob) {
      const wanted = { serverId: server.id, installer: installer.id, action, inputs, ...wishesToSend(wishes, installer, action), ...(ignores.value && { ignore: ['memory'] }) };
      return goTo(`/jobs/${(await post<Job>('/api/jobs', wanted, key)).id}`);
    }
    await post(`/api/servers/${server.id}/apps/${installer.id}/changes`, { action, inputs, withoutBackup: query.get('backup') === 'none' }, key);
    goTo(`/servers/${server.id}`);
  };
  const obstacle = !may('operator') ? `${t.notYours} ${t.askOperator}` : server.status === 'active' ? undefined : `${t.serverNotActive} ${t.untilActive}`;
  const isHeldBack = obstacle !== undefined || unmet.length > 0;
  return (
    <Page title={`${strings.jobs.action[action]} ${installer.name}`} crumbs={[TO_SERVERS, { text: server.name, href: `/servers/${server.id}` }, { text: strings.catalogue.title, href: `/servers/${server.id}/install` }]}>
      <div class="aside-first">
        <div class="column">{action === 'install' && <Facts installer={installer} />}</div>
        <div class="column">
          {failedBefore && <Warning text={t.againAfter(failedBefore)} />}
          {plan.value?.notice && <Warning text={plan.value.notice} />}
          {action === 'install' && installer.warnings.map((text) => <Warning key={text} text={text} />)}
          {action === 'install' && installed && <Warning text={installer.idempotent ? t.installedAlready(installed.version) : t.installedOnce(installed.version)} />}
          {action === 'uninstall' && <Warning text={t.uninstallWarning(server.name)} />}
          {obstacle && <Warning id={OBSTACLE} text={obstacle} />}
          <Requirements requirements={requirements} server={server} ignores={ignores} />
          {!obstacle && unmet.length > 0 && <Unmet id={OBSTACLE} name={installer.name} items={unmet} />}
          <InstallForm obstacle={isHeldBack ? OBSTACLE : undefined} installer={installer} action={action} before={again?.inputs ?? answersOf(app, action) ?? installed?.inputs ?? {}} send={send} place={isHeldBack ? t.cannotRunOn(server.name) : t.runsOn(server.name)} sources={plan.value?.sources as Sources | undefined} onAnswers={ask}
            extra={obstacle === undefined && isJob && <JobWishes installer={installer} action={action} wishes={wishes} server={server} />} />
          {plan.value && <PlanPanel plan={plan.value} installer={installer} server={server} />}
        </div>
      </div>
    </Page>
  );
};

export const InstallRoom = ({ serverId, installerId }: { serverId: string; installerId: string }) => {
  const [server, agents, catalogue, jobs] = [useServer(serverId), useAgents(serverId), useResource<Catalogue>('/api/installers'), useServerJobs(serverId)];
  const apps = useResource<PageOf<App>>(`/api/servers/${serverId}/apps?installer=${encodeURIComponent(installerId)}`);
  const problem = server.problem.value ?? agents.problem.value ?? catalogue.problem.value ?? jobs.problem.value ?? apps.problem.value;
  const installer = catalogue.data.value?.items.find(({ id }) => id === installerId);
  if (server.data.value && agents.data.value && installer && jobs.data.value && apps.data.value) {
    return <Questions installer={installer} server={server.data.value} machine={machineOf(agents.data.value)} jobs={jobs.data.value.items} app={apps.data.value.items[0]} />;
  }
  const isUnknown = catalogue.data.value && !installer;
  return (
    <Page title={isUnknown ? t.unknown : strings.shell.loading} crumbs={[TO_SERVERS, { text: strings.catalogue.title, href: `/servers/${serverId}/install` }]}>
      {isUnknown ? <Empty title={t.unknownHint(installerId)} /> : problem ? <ProblemNote problem={problem} /> : <p class="loading"><Slice turning /></p>}
    </Page>
  );
};
