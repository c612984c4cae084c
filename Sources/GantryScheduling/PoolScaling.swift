// When a function's pool starts another container, how many it keeps, and when a crash loop slows or ends it.
// No clock: time is passed in.

/// The size of one pool.
package struct PoolScaling: Sendable {
  /// Work that waits longer than this while every container is busy deserves one more container.
  static let patience: UInt64 = 300_000
  /// Deaths in a row during a start that end the calls: of a process that has only its lane to map, and of one that
  /// runs the user's code on the way, which will not do better for being run again.
  package static let failuresAllowed = 5
  package static let failedEntersAllowed = 3
  static let firstPause: UInt64 = 10_000_000
  static let longestPause: UInt64 = 1_000_000_000
  static let longestSparePause: UInt64 = 60_000_000_000

  package let most: Int
  /// Kept even when idle.
  package let least: Int
  /// Kept idle while others work.
  package let buffer: Int
  /// Deaths in a row during a start that end the calls.
  package let failuresAllowed: Int
  /// Deaths in a row during a start.
  package private(set) var failuresInRow = 0
  private var startNotBefore: UInt64 = 0
  private var busySince: UInt64?
  /// Containers that nobody waits for are not started before; a crash loop that ended its calls pushes it out.
  private var spareNotBefore: UInt64 = 0
  private var sparePause = PoolScaling.longestPause

  package init(
    most: Int, least: Int = 0, buffer: Int = 0, failuresAllowed: Int = PoolScaling.failuresAllowed
  ) {
    self.failuresAllowed = failuresAllowed
    self.most = most
    self.least = least
    self.buffer = buffer
  }

  /// What the pool looks like now.
  package struct Snapshot {
    /// Containers that run or are being started.
    package var containers: Int
    /// Of these, how many could take work at once.
    package var hungry: Int
    /// Inputs that no container has claimed.
    package var waiting: Int
    /// Containers that have inputs.
    package var busy: Int
    /// Nothing is kept any more: only what waits deserves a container.
    package var isEnding = false
    package init(containers: Int, hungry: Int, waiting: Int, busy: Int = 0) {
      self.containers = containers
      self.hungry = hungry
      self.waiting = waiting
      self.busy = busy
    }
  }

  /// How many containers are to exist while so many have inputs.
  package func kept(busy: Int) -> Int {
    guard busy > 0, buffer > 0 else { return least }
    return max(least, min(most, busy + min(buffer, most)))
  }

  /// How many containers to start now; `again` is when to ask again if none of it changes.
  package mutating func start(_ pool: Snapshot, now: UInt64) -> (count: Int, again: UInt64?) {
    let wanted = forWork(pool, now: now)
    let spare = forKeeping(pool, now: now)
    let again = min(wanted.again ?? .max, spare.again ?? .max)
    return (max(wanted.count, spare.count), again == .max ? nil : again)
  }

  private mutating func forWork(_ pool: Snapshot, now: UInt64) -> (count: Int, again: UInt64?) {
    guard pool.waiting > 0, pool.containers < most, pool.hungry == 0 else {
      busySince = nil
      return (0, nil)
    }
    if now < startNotBefore { return (0, startNotBefore) }
    if pool.containers == 0 { return (1, nil) }
    let since = busySince ?? now
    busySince = since
    guard now >= since + PoolScaling.patience else { return (0, since + PoolScaling.patience) }
    busySince = now
    // Doubling reaches any size in a few steps and overshoots by no more than half.
    return (min(pool.containers, pool.waiting, most - pool.containers), now + PoolScaling.patience)
  }

  private func forKeeping(_ pool: Snapshot, now: UInt64) -> (count: Int, again: UInt64?) {
    let missing = kept(busy: pool.busy) - pool.containers
    guard missing > 0, !pool.isEnding else { return (0, nil) }
    let earliest = max(startNotBefore, spareNotBefore)
    return now < earliest ? (0, earliest) : (missing, nil)
  }

  /// Notes a container that ended before its first input.
  ///
  /// The delay before the next start, or nil: give up.
  package mutating func startFailed(now: UInt64) -> UInt64? {
    failuresInRow += 1
    guard failuresInRow < failuresAllowed else { return nil }
    let pause = min(PoolScaling.longestPause, PoolScaling.firstPause << UInt64(failuresInRow - 1))
    startNotBefore = now + pause
    return pause
  }

  /// Notes a container that could not be had yet, through no fault of its own; the time of the next try.
  package mutating func startPostponed(now: UInt64) -> UInt64 {
    startNotBefore = max(startNotBefore, now + PoolScaling.firstPause)
    return startNotBefore
  }

  /// Notes that the calls were ended by a crash loop.
  ///
  /// The next call may try at once; containers that nobody waits for are tried ever less often.
  package mutating func gaveUp(now: UInt64) {
    failuresInRow = 0
    startNotBefore = 0
    spareNotBefore = now + sparePause
    sparePause = min(2 * sparePause, PoolScaling.longestSparePause)
  }

  /// Notes that a container got as far as an input.
  package mutating func startSucceeded() {
    failuresInRow = 0
    startNotBefore = 0
    spareNotBefore = 0
    sparePause = PoolScaling.longestPause
  }
}
