/** The questions of a bundle, its servers, and the plan that follows from both; asked again a moment after they changed. */
import type { AppBundle, BundlePlan, InstalledBundle, PlannedApp } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation, useSearchParams } from 'wouter-preact';
import { post } from '../api/client.ts';
import type { Installer, LiveServer, Page as PageOf } from '../api/types.ts';
import { InstallForm } from '../install/install-form.tsx';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Icon, Slice } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import type { Bundles } from './bundles.tsx';
import { words as t } from './words.ts';

const OBSTACLE = 'obstacle';
const AFTER_TYPING_MS = 400;
const CRUMBS = [{ text: t.title, href: '/bundles' }];

const Values = ({ planned }: { planned: PlannedApp }) => (
  <ul class="fine">
    {Object.entries(planned.inputs).map(([id, value]) => <li key={id}><span class="mono">{id}</span>: {String(value)}</li>)}
    {planned.hidden.map((id) => <li key={id}><span class="mono">{id}</span>: {t.hidden}</li>)}
    {Object.entries(planned.later).map(([id, from]) => <li key={id}><span class="mono">{id}</span>: {t.laterFrom(from)}</li>)}
  </ul>
);

/** Everything that stands against it, app by app. A password that is asked for in the form is not asked for twice. */
const againstOf = ({ problems, apps }: BundlePlan, secrets: ReadonlySet<string>): string[] => [
  ...problems.filter(({ path }) => !secrets.has(path)).map(({ path, message }) => `${path} ${message}`),
  ...apps.flatMap((each) => [
    ...each.problems.filter(({ message }) => secrets.size === 0 || message !== 'is required').map(({ path, message }) => `${each.app}: ${path} ${message}`),
    ...each.requirements.filter(({ state, mayBeIgnored }) => state === 'unmet' && !mayBeIgnored).map(({ text, remedy }) => `${each.app}: ${text}. ${remedy}`),
  ]),
];

const Plan = ({ plan, servers }: { plan: BundlePlan | undefined; servers: readonly LiveServer[] }) => (
  <Panel title={t.plan}>
    {!plan && <p class="fine">{t.noPlan}</p>}
    {plan && <ol class="requirements">{plan.apps.map((each) => (
      <li key={each.app}><div><p><strong>{each.app}</strong> {each.name} {each.version}, {servers.find(({ id }) => id === each.serverId)?.name ?? each.serverId}: {t.does[each.does]}</p><Values planned={each} /></div></li>
    ))}</ol>}
  </Panel>
);

const Questions = ({ bundle, servers }: { bundle: AppBundle; servers: readonly LiveServer[] }) => {
  const [query] = useSearchParams();
  const [, goTo] = useLocation();
  const chosen = useSignal<Readonly<Record<string, string>>>(Object.fromEntries(bundle.servers.flatMap(({ role }) => (query.get('server') === null ? [] : [[role, query.get('server') ?? '']]))));
  const answers = useSignal<object>({});
  const plan = useSignal<BundlePlan | undefined>(undefined);
  const turn = useRef(0);
  const isWhole = bundle.servers.every(({ role }) => (chosen.value[role] ?? '') !== '');
  useEffect(() => {
    turn.current += 1;
    const mine = turn.current;
    if (!isWhole) { plan.value = undefined; return undefined; }
    const read = async (): Promise<void> => {
      try {
        const answer = await post<BundlePlan>('/api/bundles/plan', { bundle: bundle.id, servers: chosen.value, inputs: answers.value });
        if (mine === turn.current) plan.value = answer;
      } catch {
        // The form works without; whatever is wrong is told when it is sent.
        if (mine === turn.current) plan.value = undefined;
      }
    };
    const timer = setTimeout(() => void read(), AFTER_TYPING_MS);
    return () => clearTimeout(timer);
  }, [chosen.value, answers.value]);
  const secrets = new Set(bundle.inputs.filter(({ type, sensitive }) => sensitive || type === 'password').map(({ id }) => id));
  const against = plan.value ? againstOf(plan.value, secrets) : [];
  const isHeldBack = !may('operator') || !isWhole || against.length > 0;
  const send = async (inputs: object, key: string): Promise<void> => goTo(`/bundles/${(await post<InstalledBundle>('/api/installed-bundles', { bundle: bundle.id, servers: chosen.value, inputs }, key)).id}`);
  return (
    <Page title={`${t.install} ${bundle.name}`} crumbs={CRUMBS}>
      <div class="aside-first">
        <div class="column">
          <Panel title={t.bundle}><p class="lead">{bundle.description}</p><p class="fine">{bundle.version} · {t.order(bundle.order)}</p></Panel>
          <Plan plan={plan.value} servers={servers} />
        </div>
        <div class="column">
          {bundle.warnings.map((text) => <div class="note warn" key={text}><Icon name="warning" /><p>{text}</p></div>)}
          <Panel title={t.servers}>
            {bundle.servers.map(({ role, label }) => (
              <label class="field" key={role}>{label}
                <select value={chosen.value[role] ?? ''} onChange={(event) => { chosen.value = { ...chosen.value, [role]: event.currentTarget.value }; }}>
                  <option value="">{t.chooseServer}</option>
                  {servers.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
                </select>
              </label>
            ))}
          </Panel>
          {isHeldBack && <div class="note bad" id={OBSTACLE}><Icon name="cross" /><div><p>{may('operator') ? (isWhole ? t.cannot : t.noPlan) : strings.install.notYours}</p><ul>{against.map((text) => <li key={text}>{text}</li>)}</ul></div></div>}
          <InstallForm obstacle={isHeldBack ? OBSTACLE : undefined} installer={bundle as unknown as Installer} action="install" before={{}} send={send} place={t.place} onAnswers={(inputs) => { answers.value = inputs; }} />
        </div>
      </div>
    </Page>
  );
};

export const NewBundle = ({ bundleId }: { bundleId: string }) => {
  const [bundles, servers] = [useResource<Bundles>('/api/bundles'), useResource<PageOf<LiveServer>>('/api/servers?limit=200')];
  const [bundle, problem] = [bundles.data.value?.items.find(({ id }) => id === bundleId), bundles.problem.value ?? servers.problem.value];
  if (bundle && servers.data.value) return <Questions bundle={bundle} servers={servers.data.value.items.filter(({ status }) => status === 'active')} />;
  const isUnknown = bundles.data.value !== undefined && !bundle;
  return (
    <Page title={isUnknown ? t.unknown : strings.shell.loading} crumbs={CRUMBS}>
      {isUnknown ? <Empty title={t.unknownHint} /> : problem ? <ProblemNote problem={problem} /> : <p class="loading"><Slice turning /></p>}
    </Page>
  );
};
