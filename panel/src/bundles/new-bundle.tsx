/** The questions of a bundle, its servers, and the plan that follows from both; asked again a moment after they changed. */
import type { AppBundle, BundlePlan, InstalledBundle } from '@citrus/contracts';
import { useSignal, type Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation, useSearchParams } from 'wouter-preact';
import { post } from '../api/client.ts';
import type { Installer, LiveServer, Page as PageOf } from '../api/types.ts';
import { InstallForm } from '../install/install-form.tsx';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Field } from '../ui/field.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import type { Bundles } from './bundles.tsx';
import { againstOf, Against, PlanPanel } from './plan-panel.tsx';
import { words as t } from './words.ts';

const OBSTACLE = 'obstacle';
const AFTER_TYPING_MS = 400;
const CRUMBS = [{ text: t.title, href: '/bundles' }];

const Warning = ({ text, id }: { text: string; id?: string }) => <div class="note warn" id={id}><Icon name="warning" /><p>{text}</p></div>;

const Facts = ({ bundle }: { bundle: AppBundle }) => (
  <Panel title={strings.install.facts}>
    <p class="lead">{bundle.description}</p>
    <dl class="facts">
      <div><dt>{t.version}</dt><dd>{bundle.version}</dd></div>
      <div><dt>{t.category}</dt><dd>{bundle.category}</dd></div>
      <div><dt>{t.apps}</dt><dd>{t.order(bundle.order)}</dd></div>
    </dl>
  </Panel>
);

type ServersProps = { bundle: AppBundle; servers: readonly LiveServer[]; chosen: Signal<Readonly<Record<string, string>>> };

const Servers = ({ bundle, servers, chosen }: ServersProps) => (
  <Panel title={t.servers}>
    <div class="install-form">
      {bundle.servers.map(({ role, label }) => (
        <Field id={`server-${role}`} key={role} label={label} required>
          {(control) => (
            <select {...control} value={chosen.value[role] ?? ''} onChange={(event) => { chosen.value = { ...chosen.value, [role]: event.currentTarget.value }; }}>
              <option value="">{t.chooseServer}</option>
              {servers.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
            </select>
          )}
        </Field>
      ))}
    </div>
  </Panel>
);

/** The server that one came from, or the only one there is; whoever has several chooses. */
const firstChoice = (bundle: AppBundle, servers: readonly LiveServer[], from: string | null): Record<string, string> => {
  const server = servers.find(({ id }) => id === from) ?? (servers.length === 1 ? servers[0] : undefined);
  return server ? Object.fromEntries(bundle.servers.map(({ role }) => [role, server.id])) : {};
};

const Questions = ({ bundle, servers }: { bundle: AppBundle; servers: readonly LiveServer[] }) => {
  const [query] = useSearchParams();
  const [, goTo] = useLocation();
  const chosen = useSignal<Readonly<Record<string, string>>>(firstChoice(bundle, servers, query.get('server')));
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
  const obstacle = !may('operator') ? `${strings.install.notYours} ${strings.install.askOperator}` : servers.length === 0 ? t.noServer : isWhole ? undefined : t.chooseServers;
  const isHeldBack = obstacle !== undefined || against.length > 0;
  const send = async (inputs: object, key: string): Promise<void> => goTo(`/bundles/${(await post<InstalledBundle>('/api/installed-bundles', { bundle: bundle.id, servers: chosen.value, inputs }, key)).id}`);
  return (
    <Page title={`${t.install} ${bundle.name}`} crumbs={CRUMBS}>
      <div class="aside-first">
        <div class="column"><Facts bundle={bundle} /></div>
        <div class="column">
          {bundle.warnings.map((text) => <Warning key={text} text={text} />)}
          <Servers bundle={bundle} servers={servers} chosen={chosen} />
          {obstacle && <Warning id={OBSTACLE} text={obstacle} />}
          {!obstacle && against.length > 0 && <Against id={OBSTACLE} items={against} />}
          <InstallForm obstacle={isHeldBack ? OBSTACLE : undefined} installer={bundle as unknown as Installer} action="install" before={{}} send={send} place={t.place} onAnswers={(inputs) => { answers.value = inputs; }} />
          {plan.value && <PlanPanel plan={plan.value} servers={servers} />}
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
