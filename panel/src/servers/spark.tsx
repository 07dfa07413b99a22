/** A line over 0 to 100; the words beside it say the last value. */
const [WIDTH, HEIGHT] = [120, 24];

export const Spark = ({ values, kind = 'first' }: { values: readonly number[]; kind?: 'first' | 'second' }) => {
  const points = values.map((value, index) => `${((index / Math.max(1, values.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 1 - (Math.min(100, Math.max(0, value)) / 100) * (HEIGHT - 2)).toFixed(1)}`);
  return <svg class={`spark ${kind}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true"><polyline points={points.join(' ')} /></svg>;
};
