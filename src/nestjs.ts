/**
 * `oban-ts/nestjs`: instances that can be injected, that start and stop with the application, and
 * whose jobs are executed by its providers.
 *
 * Decorators are called as functions here, so that this file needs no option of the compiler.
 */
import { Inject, Injectable, Module } from '@nestjs/common'
import type { DynamicModule, FactoryProvider, ModuleMetadata } from '@nestjs/common'
import { DiscoveryModule, DiscoveryService, ModuleRef } from '@nestjs/core'
import type { ObanOptions } from './config/options.ts'
import { Oban } from './oban.ts'
import { defaultInstance } from './registry.ts'
import type { JobTools, ProcessResult, RunningJob } from './worker/execution.ts'
import type { AnyWorker } from './worker/definition.ts'
import type { JobDefinition, JobHandle } from './worker.ts'

export interface ObanModuleOptions extends ObanOptions {
  /** Whether the application runs it; `false` for one that only enqueues. Default: true */
  readonly start?: boolean | undefined
}

export interface ObanAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Of the instance: known before the factory is called. Default: 'Oban' */
  readonly name?: string | undefined
  /** Tokens of what the factory is called with. Default: [] */
  readonly inject?: FactoryProvider['inject']
  readonly useFactory: FactoryProvider<
    Omit<ObanModuleOptions, 'name'> | Promise<Omit<ObanModuleOptions, 'name'>>
  >['useFactory']
}

/** What a class with `@Processor` has to have. */
export interface JobProcessor<Input, Output> {
  process(
    job: RunningJob<Output>,
    tools: JobTools<JobHandle<Input>>,
  ): ProcessResult | Promise<ProcessResult>
}

/** A class with `@Processor`. */
interface Processing {
  readonly oban: string
  /** The worker whose body is what `find` resolves to: an object of the class. */
  readonly worker: (find: () => unknown) => AnyWorker
}

const processors = new WeakMap<object, Processing>()

/** What an instance is provided as: to override it, or for `app.get()`. */
export function getObanToken(name: string = defaultInstance): string {
  return `oban-ts:${name}`
}

/** Inject an instance into a parameter of a constructor, or a property. */
export function InjectOban(name?: string): ReturnType<typeof Inject> {
  return Inject(getObanToken(name))
}

/**
 * Make a class the provider that executes a job: on the main thread, where its dependencies are, so in
 * queues with `execution: 'inline'`.
 *
 * @param options.oban - name of the instance that executes it. Default: 'Oban'
 */
export function Processor<Input, Output>(
  job: JobDefinition<Input, Output>,
  options: { readonly oban?: string } = {},
): (target: new (...dependencies: never[]) => JobProcessor<Input, Output>) => void {
  const { oban = defaultInstance } = options
  const worker: Processing['worker'] = (find) =>
    job.process(async (running, tools) => {
      const processor = (await find()) as JobProcessor<Input, Output>

      return processor.process(running, tools)
    })

  return (target) => {
    Injectable()(target)
    processors.set(target, { oban, worker })
  }
}

/** The workers of an instance that are providers. The objects behind them are made later. */
function discover(name: string, discovery: DiscoveryService, modules: ModuleRef): AnyWorker[] {
  return discovery.getProviders().flatMap((wrapper) => {
    // An override of a test keeps the token only, a provider with `useClass` the class.
    const keys = [wrapper.token, wrapper.metatype].filter((key) => typeof key === 'function')
    const processing = keys.map((key) => processors.get(key)).find((each) => each !== undefined)
    if (processing?.oban !== name) return []
    const find = (): unknown =>
      wrapper.isDependencyTreeStatic()
        ? wrapper.instance
        : modules.resolve(wrapper.token, undefined, { strict: false })

    return [processing.worker(find)]
  })
}

/** Hooks of NestJS for an instance. One that a test has overridden has none. */
function lifeOf(oban: unknown, { start = true }: ObanModuleOptions): object {
  if (!(oban instanceof Oban)) return {}

  return {
    onApplicationBootstrap: () => (start ? oban.start() : undefined),
    // Not before: until the server has closed, requests may enqueue.
    onApplicationShutdown: () => oban.stop(),
  }
}

/** Provides an instance to all modules. It has no hooks: those of global modules run at the very end. */
class ObanProviders {}
Module({})(ObanProviders)

export class ObanModule {
  /**
   * One instance, for every module of the application. Several differ by their `name`.
   *
   * @example
   * ```ts
   * ObanModule.forRoot({ database, queues: { mail: { limit: 10, execution: 'inline' } } })
   * ```
   *
   * @throws {ConfigError} with every problem of the options, when the application is created
   */
  static forRoot({ name, ...options }: ObanModuleOptions): DynamicModule {
    return ObanModule.forRootAsync({ name, useFactory: () => options })
  }

  /** The same with options that a factory makes of other providers. */
  static forRootAsync(options: ObanAsyncOptions): DynamicModule {
    const { name = defaultInstance, imports = [], inject = [], useFactory } = options
    const token = getObanToken(name)
    const settings = `${token}:options`
    const make = (given: ObanModuleOptions, discovery: DiscoveryService, modules: ModuleRef) => {
      const { start: _, workers = [], ...rest } = given

      return new Oban({
        ...rest,
        name,
        workers: [...workers, ...discover(name, discovery, modules)],
      })
    }
    const providers: DynamicModule = {
      module: ObanProviders,
      global: true,
      imports: [DiscoveryModule, ...imports],
      providers: [
        { provide: settings, inject, useFactory },
        { provide: token, inject: [settings, DiscoveryService, ModuleRef], useFactory: make },
      ],
      exports: [token, settings],
    }
    const life = { provide: `${token}:life`, inject: [token, settings], useFactory: lifeOf }

    return { module: ObanModule, imports: [providers], providers: [life] }
  }
}
Module({})(ObanModule)
