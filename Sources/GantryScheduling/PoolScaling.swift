// When a function's pool starts another container, and when a crash loop slows or ends it. No clock: time is passed.

/// The size of one pool.
package struct PoolScaling: Sendable {
  /// Work that waits longer than this while every container is busy deserves one more container.
  static let patience: UInt64 = 300_000
  /// Deaths in a row during a start that end the calls.
  package static let failuresAllowed = 5
  static let firstPause: UInt64 = 10_000_000
  static let longestPause: UInt64 = 1_000_000_000

  package let most: Int
  /// Deaths in a row during a start.
  package private(set) var failuresInRow = 0
  private var startNotBefore: UInt64 = 0
  private var busySince: UInt64?

  package init(most: Int) { self.most = most }

  /// What the pool looks like now.
  package struct Snapshot {
    /// Containers that run or are being started.
    package var containers: Int
    /// Of these, how many could take work at once.
    package var hungry: Int
    /// Inputs that no container has claimed.
    package var waiting: Int
    package init(containers: Int, hungry: Int, waiting: Int) {
      self.containers = containers
      self.hungry = hungry
      self.waiting = waiting
    }
  }

  /// How many containers to start now; `again` is when to ask again if none of it changes.
  package mutating func start(_ pool: Snapshot, now: UInt64) -> (count: Int, again: UInt64?) {
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

  /// Notes a container that ended before its first input.
  ///
  /// The delay before the next start, or nil: give up.
  package mutating func startFailed(now: UInt64) -> UInt64? {
    failuresInRow += 1
    guard failuresInRow < PoolScaling.failuresAllowed else { return nil }
    let pause = min(PoolScaling.longestPause, PoolScaling.firstPause << UInt64(failuresInRow - 1))
    startNotBefore = now + pause
    return pause
  }

  /// Notes that a container got as far as an input.
  package mutating func startSucceeded() {
    failuresInRow = 0
    startNotBefore = 0
  }
}
