/** The pure parts of the setup script, for its tests. */
export interface MissingProgram {
  readonly name: string;
  readonly packages: readonly string[];
  readonly required: boolean;
  readonly cure: string;
}
type Env = Readonly<Record<string, string | undefined>>;
export function parseDotEnv(text: string): Record<string, string>;
export function wantedPuppets(env: Env, dependencies: Readonly<Record<string, string>>): string[];
export function stampOf(lock: string, nodeLine: string, platform: string, puppets: readonly string[]): string;
export function findProgram(names: readonly string[], path: string | undefined): string | undefined;
export function missingPrograms(
  mode: string,
  env: Env,
  has: { program(names: readonly string[]): boolean; file(paths: readonly string[]): boolean },
): MissingProgram[];
