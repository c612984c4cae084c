// When a pool grows: never for work that others could take, by doubling under lasting load, slowed by a crash
// loop.

import Testing

@testable import GantryScheduling

struct PoolScalingTests {
  private typealias Snapshot = PoolScaling.Snapshot
  private let patience = PoolScaling.patience

  @Test(arguments: [
    (containers: 0, hungry: 0, waiting: 0), (0, 1, 5), (2, 1, 100), (4, 0, 100), (9, 0, 100), (3, 3, 1),
  ])
  func nothingStartsWithoutNeed(row: (containers: Int, hungry: Int, waiting: Int)) {
    var scaling = PoolScaling(most: 4)
    let pool = Snapshot(containers: row.containers, hungry: row.hungry, waiting: row.waiting)
    for now in [0, 1_000_000_000 as UInt64] {
      let (count, again) = scaling.start(pool, now: now)
      #expect(count == 0 && again == nil)
    }
  }

  @Test func theFirstContainerStartsAtOnceAndAlone() {
    var scaling = PoolScaling(most: 8)
    let (count, again) = scaling.start(Snapshot(containers: 0, hungry: 0, waiting: 1_000), now: 5)
    #expect(count == 1 && again == nil)
  }

  @Test func lastingLoadDoublesThePoolUpToItsBound() {
    var scaling = PoolScaling(most: 11)
    var containers = 1
    var now: UInt64 = 1_000
    var sizes = [containers]
    while containers < 11 {
      let busy = Snapshot(containers: containers, hungry: 0, waiting: 1_000)
      let (count, again) = scaling.start(busy, now: now)
      containers += count
      if count > 0 { sizes.append(containers) }
      guard let again else {
        Issue.record("a busy pool below its bound asks again")
        return
      }
      #expect(again > now)
      now = again
    }
    #expect(sizes == [1, 2, 4, 8, 11])
    #expect(
      scaling.start(Snapshot(containers: 11, hungry: 0, waiting: 1_000), now: now + patience) == (0, nil))
  }

  @Test func noMoreStartThanInputsWait() {
    var scaling = PoolScaling(most: 64)
    let pool = Snapshot(containers: 8, hungry: 0, waiting: 3)
    _ = scaling.start(pool, now: 0)
    #expect(scaling.start(pool, now: patience).count == 3)
  }

  @Test func aHungryMomentStartsThePatienceAnew() {
    var scaling = PoolScaling(most: 8)
    let busy = Snapshot(containers: 2, hungry: 0, waiting: 10)
    #expect(scaling.start(busy, now: 0) == (0, patience))
    #expect(scaling.start(Snapshot(containers: 2, hungry: 1, waiting: 10), now: patience - 1) == (0, nil))
    #expect(scaling.start(busy, now: patience) == (0, 2 * patience))
    #expect(scaling.start(busy, now: 2 * patience).count == 2)
  }

  @Test func aCrashLoopIsSlowedAndThenEnded() {
    var scaling = PoolScaling(most: 4)
    let empty = Snapshot(containers: 0, hungry: 0, waiting: 1)
    var now: UInt64 = 1_000
    var pauses: [UInt64] = []
    while let pause = scaling.startFailed(now: now) {
      pauses.append(pause)
      #expect(scaling.start(empty, now: now) == (0, now + pause), "not before the pause is over")
      #expect(scaling.start(empty, now: now + pause - 1).count == 0)
      now += pause
      #expect(scaling.start(empty, now: now) == (1, nil))
      guard pauses.count < 100 else { break }
    }
    #expect(pauses == [10_000_000, 20_000_000, 40_000_000, 80_000_000])
    #expect(scaling.failuresInRow == PoolScaling.failuresAllowed)
    #expect(scaling.startFailed(now: now) == nil, "given up is given up")
  }

  @Test func aFunctionMayAllowFewerFailures() {
    var scaling = PoolScaling(most: 4, failuresAllowed: 3)
    #expect(scaling.startFailed(now: 0) != nil)
    #expect(scaling.startFailed(now: 0) != nil)
    #expect(scaling.startFailed(now: 0) == nil)
  }

  @Test func aContainerThatRunsForgivesTheFailures() {
    var scaling = PoolScaling(most: 4)
    _ = scaling.startFailed(now: 0)
    _ = scaling.startFailed(now: 0)
    scaling.startSucceeded()
    #expect(scaling.failuresInRow == 0)
    #expect(scaling.start(Snapshot(containers: 0, hungry: 0, waiting: 1), now: 0) == (1, nil))
    #expect(scaling.startFailed(now: 0) == 10_000_000)
  }
}

struct PoolKeepingTests {
  private typealias Snapshot = PoolScaling.Snapshot

  @Test func theLeastAreKeptWithoutAnyWork() {
    var scaling = PoolScaling(most: 8, least: 3)
    #expect(scaling.start(Snapshot(containers: 0, hungry: 0, waiting: 0), now: 0) == (3, nil))
    #expect(scaling.start(Snapshot(containers: 2, hungry: 2, waiting: 0), now: 0) == (1, nil))
    #expect(scaling.start(Snapshot(containers: 3, hungry: 0, waiting: 0, busy: 3), now: 0) == (0, nil))
    #expect(scaling.kept(busy: 0) == 3)
    var ending = Snapshot(containers: 0, hungry: 0, waiting: 0)
    ending.isEnding = true
    #expect(scaling.start(ending, now: 0) == (0, nil))
  }

  @Test func aBufferStandsBesideTheBusyOnly() {
    var scaling = PoolScaling(most: 8, buffer: 2)
    #expect(scaling.start(Snapshot(containers: 0, hungry: 0, waiting: 0), now: 0) == (0, nil))
    #expect(scaling.start(Snapshot(containers: 1, hungry: 0, waiting: 0, busy: 1), now: 0) == (2, nil))
    #expect(scaling.start(Snapshot(containers: 3, hungry: 2, waiting: 0, busy: 1), now: 0) == (0, nil))
    #expect(scaling.start(Snapshot(containers: 7, hungry: 0, waiting: 0, busy: 7), now: 0) == (1, nil))
    #expect(scaling.start(Snapshot(containers: 8, hungry: 0, waiting: 0, busy: 8), now: 0) == (0, nil))
    #expect(scaling.kept(busy: 0) == 0 && scaling.kept(busy: 1) == 3 && scaling.kept(busy: 8) == 8)
  }

  @Test func theLargestBufferOverflowsNothing() {
    let scaling = PoolScaling(most: .max / 4, least: 1, buffer: .max)
    #expect(scaling.kept(busy: 5) == .max / 4)
  }

  @Test func waitingWorkAndABufferStartWhicheverIsMore() {
    var scaling = PoolScaling(most: 16, buffer: 1)
    let pool = Snapshot(containers: 4, hungry: 0, waiting: 100, busy: 4)
    #expect(scaling.start(pool, now: 0) == (1, PoolScaling.patience))
    #expect(scaling.start(pool, now: PoolScaling.patience).count == 4)
  }

  @Test func aCrashLoopSlowsWhatIsKeptToo() {
    var scaling = PoolScaling(most: 4, least: 2)
    let empty = Snapshot(containers: 0, hungry: 0, waiting: 0)
    let pause = scaling.startFailed(now: 100) ?? 0
    #expect(scaling.start(empty, now: 100) == (0, 100 + pause))
    #expect(scaling.start(empty, now: 100 + pause) == (2, nil))
  }

  @Test func afterGivingUpOnlyWhatSomebodyWaitsForIsTriedAtOnce() {
    var scaling = PoolScaling(most: 4, least: 2)
    let empty = Snapshot(containers: 0, hungry: 0, waiting: 0)
    var now: UInt64 = 0
    for pause: UInt64 in [1, 2, 4, 8, 16, 32, 60, 60] {
      while scaling.startFailed(now: now) != nil {}
      scaling.gaveUp(now: now)
      #expect(scaling.failuresInRow == 0)
      #expect(scaling.start(empty, now: now) == (0, now + pause * 1_000_000_000))
      #expect(scaling.start(Snapshot(containers: 0, hungry: 0, waiting: 1), now: now).count == 1)
      now += pause * 1_000_000_000
      #expect(scaling.start(empty, now: now) == (2, nil))
    }
    scaling.startSucceeded()
    scaling.gaveUp(now: now)
    #expect(scaling.start(empty, now: now) == (0, now + 1_000_000_000))
  }
}
