import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

// The layers of ARCHITECTURE.md as data. A row may import only what it lists; types count like values.
const ALLOWED: Record<string, readonly string[]> = {
  ports: ['core'],
  lifecycle: ['core/result.ts', 'core/errors.ts', 'ports'],
  engine: ['core', 'ports', 'lifecycle'],
  nats: ['core', 'ports', 'lifecycle'],
  memory: ['core', 'ports', 'lifecycle'],
  files: ['core', 'ports', 'lifecycle'],
  telemetry: ['core', 'ports', 'lifecycle'],
  client: ['core', 'ports', 'lifecycle', 'nats'],
  worker: ['core', 'ports', 'lifecycle', 'nats', 'version.ts'],
  'config.ts': ['core'],
  'version.ts': [],
  app: [
    'core',
    'ports',
    'lifecycle',
    'engine',
    'nats',
    'memory',
    'files',
    'telemetry',
    'config.ts',
    'version.ts',
  ],
  'index.ts': ['core', 'ports', 'files', 'app'],
  cli: [
    'app',
    'client',
    'config.ts',
    'version.ts',
    'core',
    'ports',
    'lifecycle',
    'memory',
    'files',
    'worker',
  ],
}

// Inside core a folder imports only what stands to its left; base files stand left of all folders.
const CORE_ORDER: Record<string, readonly string[]> = {
  base: [],
  time: [],
  cron: ['time'],
  calendar: ['time'],
  manifest: ['time', 'cron', 'calendar'],
  schedule: ['time', 'cron', 'calendar', 'manifest'],
  run: ['time', 'manifest'],
  trigger: ['time', 'cron', 'calendar', 'manifest', 'schedule', 'run'],
  plan: ['time', 'cron', 'calendar', 'manifest', 'schedule', 'run', 'trigger'],
}

const CORE_PACKAGES: Record<string, readonly string[]> = {
  base: [],
  time: [],
  cron: [],
  calendar: [],
  manifest: ['yaml', 'ajv', 'ajv-formats'],
  schedule: ['rrule'],
  run: [],
  trigger: [],
  plan: [],
}

/** Node's modules and packages that only the named places may import. */
const RESERVED: ReadonlyArray<{ readonly module: RegExp; readonly where: RegExp }> = [
  { module: /^@nats-io\//, where: /^nats\// },
  { module: /^node:fs(\/promises)?$/, where: /^(files\/|nats\/embedded-server)/ },
  {
    module: /^node:child_process$/,
    where: /^(files\/git|nats\/(embedded-server|server-process)|worker\/exec)/,
  },
  { module: /^node:worker_threads$/, where: /^files\/loader-thread/ },
  { module: /^chokidar$/, where: /^files\// },
  { module: /^pino$/, where: /^telemetry\// },
  { module: /^commander$/, where: /^cli\// },
  { module: /^picocolors$/, where: /^(cli|telemetry)\// },
]

const source = resolve(import.meta.dirname, '../src')

interface Import {
  readonly from: string
  readonly to: string
  readonly bare: boolean
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesBelow(join(folder, entry.name))
      : entry.name.endsWith('.ts')
        ? [join(folder, entry.name)]
        : [],
  )
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}

const files = filesBelow(source)
const texts = new Map(
  files.map((file) => [relative(source, file), withoutComments(readFileSync(file, 'utf8'))]),
)

const imports: Import[] = [...texts].flatMap(([from, text]) =>
  [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)['"]([^'"]+)['"]/gm)].map((match) => {
    const target = match[1]!
    const bare = !target.startsWith('.')
    return { from, to: bare ? target : relative(source, resolve(source, dirname(from), target)), bare }
  }),
)

const inside = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`)
const topOf = (path: string): string => path.split('/')[0]!
const coreFolder = (path: string): string => {
  const [, second, third] = path.split('/')
  return third === undefined ? 'base' : second!
}

describe('architecture', () => {
  it('has sources to look at', () => {
    expect(files.length).toBeGreaterThan(20)
    expect(imports.length).toBeGreaterThan(files.length)
  })

  it('keeps every import inside the import table', () => {
    const wrong = imports
      .filter(({ bare, from }) => !bare && topOf(from) !== 'core')
      .filter(
        ({ from, to }) =>
          topOf(from) !== topOf(to) && !(ALLOWED[topOf(from)] ?? []).some((place) => inside(to, place)),
      )
    expect(wrong).toEqual([])
  })

  it('lets the folders of core import only to their left', () => {
    const wrong = imports
      .filter(({ bare, from }) => !bare && topOf(from) === 'core')
      .filter(({ from, to }) => {
        if (topOf(to) !== 'core') return true
        const [here, there] = [coreFolder(from), coreFolder(to)]
        return there !== 'base' && here !== there && !(CORE_ORDER[here] ?? []).includes(there)
      })
    expect(wrong).toEqual([])
  })

  it('lets core use only the packages that the table names', () => {
    const wrong = imports
      .filter(({ bare, from }) => bare && topOf(from) === 'core')
      .filter(({ from, to }) => {
        if (from === 'core/digest.ts') return to !== 'node:crypto'
        const name = to.startsWith('@') ? to.split('/').slice(0, 2).join('/') : to.split('/')[0]!
        return !(CORE_PACKAGES[coreFolder(from)] ?? []).includes(name)
      })
    expect(wrong).toEqual([])
  })

  it('keeps NATS, the file system, processes and threads where they are named', () => {
    const wrong = imports.filter(
      ({ bare, from, to }) =>
        bare && RESERVED.some(({ module, where }) => module.test(to) && !where.test(from)),
    )
    expect(wrong).toEqual([])
  })

  it('gives a worker nothing but its own files, the NATS client and Node', () => {
    const reached = new Set(['worker/index.ts'])
    // A set that grows while it is walked is walked to its end.
    for (const file of reached) {
      for (const { from, to, bare } of imports) if (from === file && !bare) reached.add(to)
    }
    const packages = imports.filter(({ from, bare }) => bare && reached.has(from)).map(({ to }) => to)
    expect(reached.size).toBeGreaterThan(20)
    expect(packages.filter((name) => !/^(@nats-io\/|node:)/.test(name))).toEqual([])
  })

  it('gives a client nothing that schedules, reads files or starts processes', () => {
    const reached = new Set(['client/index.ts'])
    for (const file of reached) {
      for (const { from, to, bare } of imports) if (from === file && !bare) reached.add(to)
    }
    expect(reached.size).toBeGreaterThan(20)
    const rooms = new Set([...reached].map(topOf))
    expect([...rooms].toSorted()).toEqual(['client', 'core', 'lifecycle', 'nats', 'ports'])
    const modules = imports.filter(({ from, bare }) => bare && reached.has(from)).map(({ to }) => to)
    const heavy = /^(node:(fs|child_process|worker_threads|http)|chokidar|pino|commander)/
    expect(modules.filter((name) => heavy.test(name))).toEqual([])
  })

  it('has no import cycles', () => {
    const edges = new Map<string, string[]>()
    for (const { bare, from, to } of imports) if (!bare) edges.set(from, [...(edges.get(from) ?? []), to])
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '))
        return
      }
      if (done.has(file)) return
      for (const next of edges.get(file) ?? []) visit(next, [...trail, file])
      done.add(file)
    }
    for (const file of edges.keys()) visit(file, [])
    expect(cycles).toEqual([])
  })

  it('keeps core pure: no clock, timer, randomness, logging or promise', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(Timeout|Interval|Immediate)\(|\bconsole\.|\bprocess\.|(?<![$'])\basync\b|\bawait\b|\bPromise\b|\bperformance\./
    const wrong = [...texts]
      .filter(([path, text]) => topOf(path) === 'core' && impure.test(text))
      .map(([path]) => path)
    expect(wrong).toEqual([])
  })

  it('reads clocks, timers and randomness nowhere but in lifecycle', () => {
    const direct =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(Timeout|Interval)\(|\bperformance\.now\(|\bprocess\.hrtime/
    const wrong = [...texts]
      .filter(([path, text]) => topOf(path) !== 'lifecycle' && direct.test(text))
      .map(([path]) => path)
    expect(wrong).toEqual([])
  })

  it('swallows no error', () => {
    const wrong = [...texts]
      .filter(([, text]) => /catch\s*(\([^)]*\))?\s*\{\s*\}/.test(text))
      .map(([path]) => path)
    expect(wrong).toEqual([])
  })

  it('names files by their idea, in kebab case', () => {
    const wrong = [...texts.keys()].filter(
      (path) =>
        !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.generated)?\.ts$/.test(path) ||
        /(^|\/)(utils?|helpers?|common|misc|manager|types)\.ts$/.test(path),
    )
    expect(wrong).toEqual([])
  })
})

describe('tests', () => {
  it('wait for signals and never sleep', () => {
    const here = resolve(import.meta.dirname)
    const wrong = filesBelow(here)
      .filter((file) => !relative(here, file).startsWith('support/') && file !== import.meta.filename)
      .filter((file) => /\bsetTimeout\(|timers\/promises/.test(withoutComments(readFileSync(file, 'utf8'))))
      .map((file) => relative(here, file))
    expect(wrong).toEqual([])
  })
})
