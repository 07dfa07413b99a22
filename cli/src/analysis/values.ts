/** Values of the engine as JSON and as text. */

const isInterval = (value: object): value is { months: number; days: number; micros: bigint } => 'months' in value && 'days' in value && 'micros' in value;

const clock = (micros: bigint): string => {
  const [sign, whole] = micros < 0n ? ['-', -micros] : ['', micros];
  const part = (divisor: bigint, modulus: bigint) => String((whole / divisor) % modulus).padStart(2, '0');
  const fraction = whole % 1_000_000n;
  return `${sign}${String(whole / 3_600_000_000n).padStart(2, '0')}:${part(60_000_000n, 60n)}:${part(1_000_000n, 60n)}${fraction ? `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}` : ''}`;
};

const interval = ({ months, days, micros }: { months: number; days: number; micros: bigint }): string =>
  [months ? `${months} months` : '', days ? `${days} days` : '', micros || (!months && !days) ? clock(micros) : ''].filter(Boolean).join(' ');

/** Numbers that JSON's readers would round become texts. */
export const jsonValue = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== 'object' || value === null) return value;
  if (isInterval(value)) return interval(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonValue(inner)]));
};

/** A column of JSON is told as JSON, not as a text with JSON in it. */
export const cellValue = (value: unknown, isJson: boolean): unknown => {
  if (!isJson || typeof value !== 'string') return jsonValue(value);
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
};

export const textValue = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString().replace('T', ' ').replace(/(?:\.000)?Z$/, '');
  const json = jsonValue(value);
  return typeof json === 'string' ? json : JSON.stringify(json);
};

/** RFC 4180. */
export const csvLine = (values: readonly unknown[]): string => values.map((value) => textValue(value)).map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',');
