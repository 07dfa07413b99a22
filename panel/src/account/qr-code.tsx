/** A QR code as SVG: one path of squares, drawn from the bits, so that nothing is ever read as markup. */
import { encode } from 'uqr';

/** Light around it, or scanners do not find it. */
const BORDER = 2;

/** The dark modules, row by row: `M x y h w v 1 h -w z`. */
export const pathOf = (rows: readonly (readonly boolean[])[]): string =>
  rows.flatMap((row, y) => {
    const runs: string[] = [];
    for (let x = 0; x < row.length; x += 1) {
      if (!row[x]) continue;
      const from = x;
      while (row[x + 1]) x += 1;
      runs.push(`M${from} ${y}h${x - from + 1}v1h-${x - from + 1}z`);
    }
    return runs;
  }).join('');

export const QrCode = ({ text, label }: { text: string; label: string }) => {
  const { data, size } = encode(text, { ecc: 'M', border: BORDER });
  return (
    <svg class="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect class="qr-light" width={size} height={size} />
      <path class="qr-dark" d={pathOf(data)} />
    </svg>
  );
};
