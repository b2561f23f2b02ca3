import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { utc } from '../../src/cli/instant-option.ts'
import { adaptersPicture, shadeOf, shadesOf } from '../../src/cli/load-picture.ts'
import { loadSvg } from '../../src/cli/load-svg.ts'
import { Progress } from '../../src/cli/progress.ts'
import { belfry, belfryInColor } from '../support/command-line.ts'
import { blocksOf, pageAt } from '../support/markdown.ts'

const TREE = join(import.meta.dirname, 'load-tree')
const GOLDEN = join(import.meta.dirname, '../golden/load')

// Clocks go forward in New York on Sunday 2026-03-08.
const FROM = ['--from', '2026-03-05', '--at', '2026-03-01']
const load = (...args: readonly string[]) => belfry(TREE, 'load', ...FROM, ...args)

interface Cell {
  readonly begin: string
  readonly fires: number
  readonly fullestMinute: number
}
interface Adapter {
  readonly adapter: string
  readonly fires: number
  readonly crowdedMinutes: number
  readonly fullestMinute: { readonly at: string; readonly by: unknown } | null
  readonly cells: readonly Cell[]
}
const adapters = async (...args: readonly string[]): Promise<readonly Adapter[]> =>
  JSON.parse((await load(...args, '--format', 'json')).stdout).adapters

/** The fires of a schedule as `belfry next` lists them. */
async function nextLocals(schedule: string, to: string): Promise<readonly string[]> {
  const range = ['--from', '2026-03-05', '--to', to, '--count', '10000']
  const { stdout } = await belfry(TREE, 'next', schedule, ...range, '--format', 'json')
  return JSON.parse(stdout).map(({ local }: { local: string }) => local)
}

describe('belfry load prints a heat map', () => {
  it.each([
    ['week', []],
    ['day', ['--to', '2026-03-06']],
    ['year', ['--to', '2027-03-05', '--timezone', 'UTC']],
    ['adapter-week', ['--adapter', 'market']],
    ['adapter-hours', ['--adapter', 'market', '--from', '2026-03-05T16:00', '--to', '2026-03-05T19:00']],
    ['adapter-year', ['--adapter', 'market', '--to', '2027-03-05']],
  ])('%s', async (name, args) => {
    const { code, stdout } = await load(...args)
    expect(code).toBe(0)
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, `${name}.txt`))
  })

  it('as JSON', async () => {
    const { stdout } = await load('--to', '2026-03-07', '--format', 'json')
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, 'two-days.json'))
  })

  it('as SVG', async () => {
    const { stdout } = await load('--adapter', 'market', '--format', 'svg')
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, 'adapter-week.svg'))
    expect(tagsOf(stdout).open).toEqual([])
  })

  it('with colours only where they are allowed', async () => {
    const colorCode = '\u001b['
    expect((await load()).stdout).not.toContain(colorCode)
    expect((await belfryInColor(TREE, 'load', ...FROM)).stdout).toContain(colorCode)
    expect((await belfryInColor(TREE, 'load', ...FROM, '--format', 'svg')).stdout).not.toContain(colorCode)
  })

  it('of the seven days from now on, as long as clocks count them, where nothing else is asked', async () => {
    const { stdout } = await belfry(TREE, 'load', '--at', '2026-03-05T10:20:30.5Z', '--format', 'json')
    expect(JSON.parse(stdout)).toMatchObject({
      from: '2026-03-05T10:20:30.500Z',
      to: '2026-03-12T09:20:30.500Z',
      cell: '1h',
    })
  })

  it('no wider than the terminal', async () => {
    const { stdout } = await load()
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110)
  })
})

it('the guide shows what the program prints', async () => {
  const guide = pageAt('docs/guides/load-and-simulate.md')
  const shown = blocksOf(guide, 'console').filter((block) => block.startsWith('$ npx belfry load '))
  expect(shown.length).toBe(1)
  const [line = '', ...output] = shown[0]!.trimEnd().split('\n')
  const { stdout } = await belfry(TREE, ...line.split(' ').slice(3))
  expect(stdout.trimEnd().split('\n')).toEqual(output)
})

describe('belfry load counts', () => {
  it('each fire once, in the hour in which it is due', async () => {
    const to = '2026-03-12'
    const all = await Promise.all(['prices', 'trades', 'positions'].map((name) => nextLocals(name, to)))
    const hours = new Map<string, number>()
    for (const local of all.flat()) hours.set(local.slice(0, 13), (hours.get(local.slice(0, 13)) ?? 0) + 1)
    const [market] = await adapters('--adapter', 'market', '--to', to)
    expect(market!.fires).toBe(all.flat().length)
    expect(new Map(market!.cells.map(({ begin, fires }) => [begin.slice(0, 13), fires]))).toEqual(
      new Map([...hours].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    )
  })

  it('a fire when its jitter lets it go, into the range and out of it', async () => {
    const { stdout } = await belfry(TREE, 'explain', 'spread', '2026-03-05', '--format', 'json')
    const due: string = JSON.parse(stdout).candidates[0].due
    const second = (offset: number) => new Date(Date.parse(due) + offset * 1000).toISOString()
    const count = async (from: string, to: string) => {
      const found = await adapters('--adapter', 'reports', '--from', from, '--to', to)
      return found[0]!.cells.reduce((sum, { fires }) => sum + fires, 0)
    }
    expect(due).not.toBe('2026-03-06T03:50:00Z')
    const without = await count(second(1), second(60))
    expect(await count(second(0), second(60))).toBe(without + 1)
    expect(await count(second(-1), second(0))).toBe(0)
  })

  it('both passes of an hour that clocks repeat, and nothing in one that they skip', async () => {
    const byHour = async (day: string, to: string) => {
      const [reports] = await adapters('--adapter', 'reports', '--from', day, '--to', to)
      return new Map(reports!.cells.map(({ begin, fires }) => [begin.slice(0, 13), fires]))
    }
    // `ticks` fires every quarter of an hour of elapsed time. Each map is longer than 26 h, so that cells are hours.
    const forward = await byHour('2026-03-08', '2026-03-09T06:00')
    expect(forward.has('2026-03-08T02')).toBe(false)
    // With `night`, which the clocks move to 03:00.
    expect(forward.get('2026-03-08T03')).toBe(4 + 1)
    const back = await byHour('2026-11-01', '2026-11-02T06:00')
    expect(back.get('2026-11-01T01')).toBe(4 + 4)
  })

  it('what a minute holds above the concurrency, and names who is in it', async () => {
    const [market] = await adapters('--adapter', 'market')
    expect(market).toMatchObject({
      crowdedMinutes: 5,
      fullestMinute: {
        at: '2026-03-05T22:00:00Z',
        fires: 3,
        by: [
          { schedule: 'default/positions', fires: 1 },
          { schedule: 'default/prices', fires: 1 },
          { schedule: 'default/trades', fires: 1 },
        ],
      },
    })
  })

  it('no more fires than maxFires leaves, and none of a suspended schedule', async () => {
    const noon = async (day: string) => {
      const [reports] = await adapters(
        '--from',
        day,
        '--adapter',
        'reports',
        '--to',
        `2026-03-2${day.at(-1)}`,
      )
      return reports!.cells.filter(({ begin, fires }) => begin.slice(11, 13) === '12' && fires === 5).length
    }
    expect(await noon('2026-03-12')).toBe(3)
  })

  it('adapters without a fire too', async () => {
    expect((await adapters()).map(({ adapter, fires }) => [adapter, fires > 0])).toEqual([
      ['default/idle', false],
      ['default/market', true],
      ['default/reports', true],
      ['other/market', false],
    ])
  })
})

describe('belfry load says', () => {
  it('what is in the tree but not on the map', async () => {
    const { stderr } = await load()
    expect(stderr.split('\n')).toEqual([
      'default/ends: nothing is decided from Sun 2026-03-08 07:00 -04:00 on: held: after 2026-03-07, where coverage ends (hold) (schedules/schedules.yaml:113)',
      'default/paused is suspended until 2026-04-01 (broker migration)',
      'default/three-times fires at most 3 times in its life; how often it has is not known here',
      '',
    ])
  })

  it.each([
    [['--to', '2026-03-05'], '--to is not after --from'],
    [['--to', '2036-03-05'], 'is too long; expected at most 1100 days'],
    [['--adapter', 'markt'], 'there is no adapter "markt"; did you mean "market"?'],
    [['--timezone', 'Asia/Kolkatta'], 'did you mean Asia/Kolkata?'],
    [['--from', 'yesterday'], '--from yesterday is not an instant; expected'],
    [['--format', 'png'], 'Allowed choices are text, json, svg'],
  ])('what is wrong with %j', async (args, message) => {
    const { code, stdout, stderr } = await load(...args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
  })

  it('which problems an invalid tree has, with exit code 1', async () => {
    const { code, stdout, stderr } = await belfry(import.meta.dirname, 'load', 'nothing-here')
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('nothing-here')
  })
})

describe('the SVG of a heat map', () => {
  const hostile = `</text><script>alert(1)</script>&lt;"'\u0000\u202e\ud800]]>`
  const grid = { begin: 0, cellSeconds: 3600, cells: 2 }
  const one = {
    id: hostile,
    concurrency: 1,
    schedules: 1,
    fires: 3,
    cellFires: Uint32Array.of(0, 3),
    cellFullest: Uint32Array.of(0, 3),
    crowdedMinutes: 1,
    fullest: { at: 3_600_000, fires: 3, by: [{ schedule: hostile, fires: 3 }] },
  }
  const svg = loadSvg(
    { loads: [one], from: 0, to: 7_200_000, zone: utc(), grid },
    adaptersPicture([one], grid),
  )

  it('stays what it is, whatever the names are', () => {
    const { open, names } = tagsOf(svg)
    expect(open).toEqual([])
    expect(names).toEqual(new Set(['svg', 'title', 'style', 'rect', 'text', 'g']))
    expect(svg).toContain('&lt;/text&gt;&lt;script&gt;')
    // Control characters, direction marks and halves of surrogate pairs.
    expect(svg.replace(/\n/g, '')).not.toMatch(/[\p{Cc}\p{Cs}\u202e]/u)
  })

  it('asks nobody for anything', () => {
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|href|@import/)
  })

  it('has colours for light and for dark pages', () => {
    expect(svg).toContain('@media (prefers-color-scheme: dark)')
  })

  it('tells of each cell when it is, and what is in it', () => {
    expect(svg).toContain(
      'Thu 1970-01-01 01:00 (1 h): 3 fires, at most 3 in a minute, above its concurrency of 1</title>',
    )
  })
})

describe('shades', () => {
  const shadesUpTo = (fires: number) =>
    shadesOf({ columns: 1, marks: [], rows: [rowWith(fires)], cell: '1 h' }, 4)
  const rowWith = (fires: number) => ({
    label: '',
    load: { concurrency: 1 } as never,
    fires,
    cells: [{ fires, fullest: 1, isCrowded: false, begin: 0 }],
  })

  it('stand for ranges that follow each other, the last ending with the most', () => {
    for (const most of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 31, 100, 12_345, 4_000_000_000]) {
      const shades = shadesUpTo(most)
      expect(shades.at(-1)).toBe(most)
      expect(shades).toEqual([...new Set(shades)].toSorted((a, b) => a - b))
      expect(shadeOf(most, shades)).toBe(shades.length)
      expect(shadeOf(0, shades)).toBe(0)
      expect(shadeOf(1, shades)).toBe(1)
    }
  })
})

describe('progress', () => {
  it('says nothing of what is done in a moment, and tells of what takes long now and then', () => {
    const lines: string[] = []
    let now = 0
    const progress = new Progress({ stderr: (text: string) => lines.push(text) } as never, {
      monotonic: () => now,
    })
    for (; now < 13_000; now += 100) progress.at(() => `at ${now}`)
    expect(lines).toEqual(['at 2000\n', 'at 7000\n', 'at 12000\n'])
  })
})

/** The elements of an XML text, and those that are still open at its end. Throws on what XML does not allow. */
function tagsOf(xml: string): { readonly open: readonly string[]; readonly names: ReadonlySet<string> } {
  const open: string[] = []
  const names = new Set<string>()
  const rest = xml.replace(/<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<&]*")*)(\/?)>/g, (_, end, name, _a, alone) => {
    names.add(name)
    if (end === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes another element`)
    } else if (alone !== '/') open.push(name)
    return ''
  })
  if (/[<>]|&(?!(?:amp|lt|gt|quot|apos);)/.test(rest)) throw new Error('markup that is no element')
  return { open, names }
}
