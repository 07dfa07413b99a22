/** How busy a server is: charts with axes, and the same as a table for whoever does not see them. */
import type { Sample, Samples } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { strings } from '../strings.ts';
import { Panel } from '../ui/page.tsx';
import { formatBytes, formatClock } from '../ui/time.ts';
import { chartOf, seriesOf, tableOf, type Series } from './charts.ts';
import { serverWords as w } from './server-words.ts';

const t = strings.metrics;
const SHORT = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

export const useSamples = (serverId: string) => useResource<Samples>(`/api/servers/${serverId}/metrics`, { everyMs: 10_000 });

const Chart = ({ series }: { series: Series }) => {
  const { width, height, left, bottom, line, xTicks, yTicks } = chartOf(series);
  return (
    <figure class="chart">
      <figcaption><span class="chart-name">{series.name}</span> <span class="fine">{series.text}</span></figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={w.chartSays({ name: series.name, last: series.text, least: series.show(series.least), most: series.show(series.most), average: series.show(series.average) })}>
        {yTicks.map(({ value, y }) => <g key={value}><line class="grid" x1={left} x2={width} y1={y} y2={y} /><text x={left - 6} y={y + 3.5} text-anchor="end">{series.show(value)}</text></g>)}
        {xTicks.map(({ at, x, anchor }) => <text key={at} x={x} y={height - 2} text-anchor={anchor}>{SHORT.format(at)}</text>)}
        <line class="axis" x1={left} x2={width} y1={height - bottom} y2={height - bottom} />
        {line.map((points) => <polyline key={points.slice(0, 24)} points={points} />)}
      </svg>
    </figure>
  );
};

const Table = ({ samples }: { samples: readonly Sample[] }) => (
  <details class="chart-table">
    <summary class="fine">{w.asTable}</summary>
    <div class="table-shell">
      <table>
        <caption class="unseen">{t.title}</caption>
        <thead><tr><th scope="col">{w.at}</th><th scope="col" class="number">{t.cpu}</th><th scope="col" class="number">{t.memory}</th><th scope="col" class="number">{t.disk}</th></tr></thead>
        <tbody>{tableOf(samples).map((at) => <tr key={at.at}><th scope="row">{formatClock(at.at)}</th><td class="number">{Math.round(at.cpuPercent)} %</td><td class="number">{formatBytes(at.memoryUsedBytes)}</td><td class="number">{formatBytes(at.diskUsedBytes)}</td></tr>)}</tbody>
      </table>
    </div>
  </details>
);

export const ChartsPanel = ({ serverId }: { serverId: string }) => {
  const samples = useSamples(serverId).data.value?.samples ?? [];
  const last = samples.at(-1);
  if (!last) return null;
  return (
    <Panel title={t.title} aside={<span class="fine">{w.lastHour}</span>}>
      <div class="charts">{seriesOf(samples).map((series) => <Chart key={series.name} series={series} />)}</div>
      <Table samples={samples} />
    </Panel>
  );
};
