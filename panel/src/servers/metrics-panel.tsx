import type { Sample, Samples } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { strings } from '../strings.ts';
import { Panel } from '../ui/page.tsx';
import { formatBytes } from '../ui/time.ts';
import { Spark } from './spark.tsx';

const t = strings.metrics;
const share = (used: number, total: number): number => (total > 0 ? (used / total) * 100 : 0);

const rows = (samples: readonly Sample[], last: Sample) => [
  { name: t.cpu, text: `${Math.round(last.cpuPercent)} %`, values: samples.map(({ cpuPercent }) => cpuPercent) },
  { name: t.memory, text: t.of(formatBytes(last.memoryUsedBytes), formatBytes(last.memoryTotalBytes)), values: samples.map((at) => share(at.memoryUsedBytes, at.memoryTotalBytes)) },
  { name: t.disk, text: t.of(formatBytes(last.diskUsedBytes), formatBytes(last.diskTotalBytes)), values: samples.map((at) => share(at.diskUsedBytes, at.diskTotalBytes)) },
];

export const useSamples = (serverId: string) => useResource<Samples>(`/api/servers/${serverId}/metrics`, { everyMs: 10_000 });

export const MetricsPanel = ({ serverId }: { serverId: string }) => {
  const samples = useSamples(serverId).data.value?.samples ?? [];
  const last = samples.at(-1);
  if (!last) return null;
  return (
    <Panel title={t.title}>
      <dl class="metrics">
        {rows(samples.slice(-60), last).map(({ name, text, values }) => (
          <div key={name}><dt>{name}</dt><dd><Spark values={values} /><span class="nowrap">{text}</span></dd></div>
        ))}
      </dl>
    </Panel>
  );
};
