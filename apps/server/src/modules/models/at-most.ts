/** Waits for work that never rejects, but no longer than so many milliseconds; the work goes on. */
export async function atMost(work: Promise<unknown>, ms: number): Promise<void> {
  const clock = Promise.withResolvers<void>()
  const timer = setTimeout(clock.resolve, ms)
  await Promise.race([work, clock.promise])
  clearTimeout(timer)
}
