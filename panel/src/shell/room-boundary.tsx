/** A fault in one room does not take the bar and the other rooms with it. What it was can be told to whoever mends it. */
import { Component, type ComponentChildren } from 'preact';
import { newKey } from '../api/client.ts';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy.tsx';
import { Icon } from '../ui/icon.tsx';
import { Page } from '../ui/page.tsx';

const t = strings.shell;

type Fault = { readonly id: string; readonly report: string };
/** `path`: another room is another try. */
type Props = { readonly path: string; readonly children: ComponentChildren };

const reportOf = (id: string, thrown: unknown): string => {
  const what = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return [`${strings.product} ${id}`, new Date().toISOString(), location.pathname, navigator.userAgent, what].join('\n');
};

export class RoomBoundary extends Component<Props, { fault?: Fault | undefined }> {
  override state: { fault?: Fault | undefined } = {};

  override componentDidCatch(thrown: unknown): void {
    const id = newKey().slice(0, 16);
    this.setState({ fault: { id, report: reportOf(id, thrown) } });
  }

  override componentDidUpdate(before: Props): void {
    if (before.path !== this.props.path && this.state.fault) this.setState({ fault: undefined });
  }

  override render() {
    const { fault } = this.state;
    if (!fault) return this.props.children;
    return (
      <Page title={t.fault}>
        <div class="note bad" role="alert">
          <Icon name="warning" />
          <div>
            <p>{t.faultHint}</p>
            <p class="fine">panel.fault · <span class="mono">{fault.id}</span></p>
            <div class="actions">
              <button type="button" class="small" onClick={() => this.setState({ fault: undefined })}>{strings.problem.tryAgain}</button>
              <CopyButton text={() => fault.report} label={t.copyFault} />
            </div>
          </div>
        </div>
      </Page>
    );
  }
}
