/**
 * Our tags as labels of Hetzner Cloud, and back: `key:value` is the label `key=value`, a tag without a colon a label
 * without a value. Labels take less than tags (63 characters, letters and digits at both ends, one value a key; see
 * "Labels" in docs.hetzner.cloud and hcloud-go's labels.go), so a tag that would not come back as it was is refused
 * instead of changed.
 */
const KEY = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

export type Labels = Readonly<Record<string, string>>;
type Label = { readonly key: string; readonly value: string };

/** Undefined: no label can say it. */
export const labelOf = (tag: string): Label | undefined => {
  const colon = tag.indexOf(':');
  const [key, value] = colon === -1 ? [tag, undefined] : [tag.slice(0, colon), tag.slice(colon + 1)];
  return KEY.test(key) && (value === undefined || KEY.test(value)) ? { key, value: value ?? '' } : undefined;
};

/** What people are told of a tag that cannot be one. */
export const misfitText = (tag: string): string => `This cloud cannot keep the tag ${tag}: there it has to be key or key:value, each at most 63 letters, digits, dots, dashes or underscores, and a key once.`;

/** The labels, or the first tag that cannot be one. */
export const labelsOf = (tags: readonly string[]): { readonly labels: Labels } | { readonly misfit: string } => {
  const labels = new Map<string, string>();
  for (const tag of new Set(tags)) {
    const label = labelOf(tag);
    if (!label || labels.has(label.key)) return { misfit: tag };
    labels.set(label.key, label.value);
  }
  return { labels: Object.fromEntries(labels) };
};

export const tagsOf = (labels: Labels): string[] => Object.entries(labels).map(([key, value]) => (value === '' ? key : `${key}:${value}`));

/** Finds what carries a tag. Undefined: nothing can carry it. */
export const selectorOf = (tag: string): string | undefined => {
  const label = labelOf(tag);
  return label && (label.value === '' ? label.key : `${label.key}==${label.value}`);
};
