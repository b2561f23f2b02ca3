/**
 * The built program: what is measured is what runs, with its loader in a thread of its own. `npm run build` before.
 */
const at = (file: string): string => new URL(`../../dist/${file}.js`, import.meta.url).href

export const { startBelfry } = (await import(at('app/belfry'))) as typeof import('../../src/app/belfry.ts')
export const { FolderSource } = (await import(
  at('files/folder-source')
)) as typeof import('../../src/files/folder-source.ts')
export const { systemClock } = (await import(
  at('lifecycle/clock')
)) as typeof import('../../src/lifecycle/clock.ts')
