/** Every manifest against Kubernetes' own schemas, and the promises that hold for all of our pods. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const base = fileURLToPath(new URL('base/', import.meta.url));

type Container = { name: string; image: string; resources?: { requests?: object; limits?: { memory?: string } }; securityContext?: { allowPrivilegeEscalation?: boolean; readOnlyRootFilesystem?: boolean; capabilities?: { drop?: string[] } }; startupProbe?: object; livenessProbe?: object; readinessProbe?: object };
type PodSpec = { automountServiceAccountToken?: boolean; securityContext?: { runAsNonRoot?: boolean; seccompProfile?: { type?: string } }; containers: Container[]; initContainers?: Container[] };
type Manifest = { apiVersion: string; kind: string; metadata: { name: string }; spec?: { template?: { spec: PodSpec } } };

/** @throws for what kubectl would refuse, e.g. a key that is there twice */
const documentsOf = (file: string): Manifest[] => parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
  const [error] = document.errors;
  if (error) throw new Error(`${file}: ${error.message}`);
  return document.toJS() as Manifest;
});

const files = readdirSync(base).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
const manifests: Manifest[] = files.flatMap((file) => documentsOf(base + file));
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

describe('the component for single sign-on', () => {
  type Env = { name: string; value?: string; valueFrom?: { configMapKeyRef?: { name: string; key: string } } };
  type Patched = { name: string; env: Env[]; volumeMounts: { name: string; mountPath: string }[] };
  type Pod = { containers: Patched[]; volumes: { name: string; secret?: { secretName: string } }[] };
  const folder = fileURLToPath(new URL('components/single-sign-on/', import.meta.url));
  const read = (file: string): unknown => parse(readFileSync(folder + file, 'utf8'));
  const podOf = (manifest: Manifest | undefined): Pod => manifest?.spec?.template?.spec as unknown as Pod;
  const [patch, config, policy] = [read('auth.yaml') as Manifest, read('config.yaml') as Manifest & { data: Record<string, string> }, read('network-policy.yaml') as Manifest & { spec: object }];
  const base = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === patch.metadata.name);
  const [container] = podOf(patch).containers as [Patched];

  test('names every file, and is valid for Kubernetes', async () => {
    const { kind, resources, patches } = read('kustomization.yaml') as { kind: string; resources: string[]; patches: { path: string }[] };
    expect(kind).toBe('Component');
    expect([...resources, ...patches.map(({ path }) => path), 'kustomization.yaml'].sort()).toEqual(readdirSync(folder).sort());
    await validate(config);
    await validate(policy);
    // As kustomize merges it: lists by their names.
    const [pod, added] = [podOf(base), podOf(patch)];
    const containers = pod.containers.map((one) => (one.name === container.name ? { ...one, env: [...one.env, ...container.env], volumeMounts: [...one.volumeMounts, ...container.volumeMounts] } : one));
    await validate({ ...base, spec: { ...base?.spec, template: { ...base?.spec?.template, spec: { ...pod, containers, volumes: [...pod.volumes, ...added.volumes] } } } } as unknown as Manifest);
  });

  test('gives auth all its settings of a provider, from what is there', () => {
    const known = new Set(readFileSync(new URL('../../services/auth/src/config.ts', import.meta.url), 'utf8').match(/CITRUS_OIDC_[A-Z_]+(?=: )/g));
    expect(container.env.map(({ name }) => name).sort()).toEqual([...known].sort());
    expect(podOf(base).containers.map(({ name }) => name)).toContain(container.name);
    for (const { name, valueFrom } of container.env.filter((one) => one.valueFrom)) {
      expect(valueFrom?.configMapKeyRef).toEqual({ name: config.metadata.name, key: name });
      expect(config.data[name]).toBeTypeOf('string');
    }
    const file = container.env.find(({ name }) => name === 'CITRUS_OIDC_CLIENT_SECRET_FILE')?.value ?? '';
    const mount = container.volumeMounts.find(({ mountPath }) => mountPath === dirname(file));
    expect(podOf(patch).volumes).toMatchObject([{ name: mount?.name, secret: { secretName: 'citrus-oidc' } }]);
  });

  test('lets auth alone reach the provider, over https', () => {
    expect(policy.spec).toEqual({ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'auth' } }, policyTypes: ['Egress'], egress: [{ ports: [{ protocol: 'TCP', port: 443 }] }] });
  });
});
