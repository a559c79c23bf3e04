/** Patterns of paths. */

/** What separates segments, spelled out too: a server may decode it. */
const SLASHES = ['/', '%2f', '%5c'];

/**
 * Whether a path fits a pattern: `*` stands for any characters of one segment, `**` for any at all, and a pattern that
 * ends in a slash for all that is below it. Takes time with the product of both lengths, whatever they are.
 */
export function globMatches(pattern: string, path: string): boolean {
  const steps = stepsOf(pattern.endsWith('/') ? `${pattern}**` : pattern);
  let states = reached(steps, new Set([0]));
  for (let at = 0; at < path.length; at++) {
    const next = new Set<number>();
    const slash = SLASHES.includes(path[at] === '%' ? path.slice(at, at + 3).toLowerCase() : (path[at] ?? ''));
    for (const state of states) {
      const step = steps[state];
      if (step === '**' || (step === '*' && !slash)) next.add(state);
      else if (step === path[at]) next.add(state + 1);
    }
    if (next.size === 0) return false;
    states = reached(steps, next);
  }
  return states.has(steps.length);
}

/** Single characters and stars. */
function stepsOf(pattern: string): string[] {
  return pattern.match(/\*+|[^*]/g)?.map((step) => (step.startsWith('**') ? '**' : step)) ?? [];
}

/** With those behind stars, which may stand for nothing. */
function reached(steps: readonly string[], states: Set<number>): Set<number> {
  for (const state of states) if (steps[state]?.startsWith('*')) states.add(state + 1);
  return states;
}
