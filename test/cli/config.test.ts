import { describe, expect, it } from 'vitest'
import { type ConfigInputs, loadConfig, parsePruneLimit, parseSize } from '../../src/config.ts'

const inputs = (given: Partial<ConfigInputs> = {}): ConfigInputs => ({
  flags: {},
  environment: {},
  file: null,
  hostname: 'node.example',
  pid: 7,
  ...given,
})

describe('the configuration', () => {
  it('has a default for everything', () => {
    const { config, origins } = loadConfig(inputs())
    expect(config).toMatchObject({
      servers: ['nats://127.0.0.1:4222'],
      prefix: 'belfry',
      source: 'main',
      instance: 'node-example-7',
    })
    expect(new Set(Object.values(origins))).toEqual(new Set(['default']))
  })

  it('takes flags over the environment over belfry.yaml, and says where each value came from', () => {
    const { config, origins } = loadConfig(
      inputs({
        flags: { prefix: 'flag' },
        environment: { BELFRY_PREFIX: 'environment', BELFRY_INSTANCE: 'one', BELFRY_NATS: '' },
        file: { prefix: 'file', instance: 'two', nats: ['nats://a', 'nats://b'], 'log-size': '2GiB' },
      }),
    )
    expect(config).toMatchObject({
      prefix: 'flag',
      instance: 'one',
      servers: ['nats://a', 'nats://b'],
      logBytes: 2 * 1024 ** 3,
    })
    expect(origins).toMatchObject({
      prefix: 'flag',
      instance: 'environment',
      servers: 'belfry.yaml',
      replicas: 'default',
    })
  })

  it('tells every problem at once, each with its place', () => {
    const wrong = () =>
      loadConfig(
        inputs({
          flags: { maxPrune: 'all' },
          environment: { BELFRY_REPLICAS: '2' },
          file: { colour: 'red', 'log-format': 'xml' },
        }),
      )
    expect(wrong).toThrow(/"colour" is no setting/)
    expect(wrong).toThrow(/--max-prune is "all"/)
    expect(wrong).toThrow(/BELFRY_REPLICAS is "2"; expected 1, 3 or 5/)
    expect(wrong).toThrow(/belfry\.yaml: log-format is "xml"/)
  })

  it.each([
    ['10,20%', { count: 10, percent: 20 }],
    ['0,100%', { count: 0, percent: 100 }],
    ['10', null],
    ['10,101%', null],
  ])('reads the prune limit %s', (text, expected) => {
    expect(parsePruneLimit(text)).toEqual(expected)
  })

  it.each([
    ['512MiB', 512 * 1024 ** 2],
    ['1TiB', 1024 ** 4],
    ['10GB', null],
    ['-1GiB', null],
  ])('reads the size %s', (text, expected) => {
    expect(parseSize(text)).toBe(expected)
  })
})
