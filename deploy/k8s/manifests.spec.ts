/** Every manifest against Kubernetes' own schemas, and the promises that hold for all of our pods. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const base = fileURLToPath(new URL('base/', import.meta.url));

type Container = { name: string; image: string; resources?: { requests?: object; limits?: { memory?: string } }; securityContext?: { allowPrivilegeEscalation?: boolean; readOnlyRootFilesystem?: boolean; capabilities?: { drop?: string[] } }; startupProbe?: object; livenessProbe?: object; readinessProbe?: object };
type PodSpec = { automountServiceAccountToken?: boolean; securityContext?: { runAsNonRoot?: boolean; seccompProfile?: { type?: string } }; containers: Container[]; initContainers?: Container[] };
type Manifest = { apiVersion: string; kind: string; metadata: { name: string }; spec?: { template?: { spec: PodSpec } } };

const files = readdirSync(base).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
const manifests: Manifest[] = files.flatMap((file) => parseAllDocuments(readFileSync(base + file, 'utf8')).map((document) => document.toJS() as Manifest));
const titled = manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const);
const pods = titled.filter(([, manifest]) => manifest.spec?.template).map(([title, manifest]) => [title, manifest.spec?.template?.spec as PodSpec] as const);

const validate = async (manifest: Manifest): Promise<void> => {
  const module = (await import(`kubernetes-models/${manifest.apiVersion}/${manifest.kind}`)) as Record<string, new (data: unknown) => { validate(): void }>;
  const Model = module[manifest.kind];
  if (!Model) throw new Error(`Kubernetes has no ${manifest.kind} in ${manifest.apiVersion}`);
  new Model(manifest).validate();
};

describe('the manifests', () => {
  test.each(titled)('%s is valid for Kubernetes', async (_title, manifest) => {
    await validate(manifest);
  });

  test('a wrong type and a missing field would be noticed', async () => {
    const [deployment] = manifests.filter(({ kind }) => kind === 'Deployment');
    const changed = (spec: object) => ({ ...deployment, spec: { ...deployment?.spec, ...spec } }) as unknown as Manifest;
    await expect(validate(changed({ replicas: 'two' }))).rejects.toThrow(/replicas/);
    await expect(validate(changed({ selector: undefined }))).rejects.toThrow(/selector/);
  });

  test('the kustomization names every file once', () => {
    const { resources } = parse(readFileSync(`${base}kustomization.yaml`, 'utf8')) as { resources: string[] };
    expect([...resources].sort()).toEqual([...files].sort());
  });
});

describe('every pod', () => {
  test.each(pods)('%s runs restricted', (_title, pod) => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext?.runAsNonRoot).toBe(true);
    expect(pod.securityContext?.seccompProfile?.type).toBe('RuntimeDefault');
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    }
  });

  test.each(pods)('%s has probes and limits', (_title, pod) => {
    for (const container of pod.containers) {
      expect(container).toMatchObject({ startupProbe: {}, livenessProbe: {}, readinessProbe: {} });
      expect(container.resources?.requests).toBeDefined();
      expect(container.resources?.limits?.memory).toBeDefined();
    }
  });
});
