// The driver's state behind one lock, and the turns by which whoever waits drives it.
// Decisions are made in GantryScheduling; the extensions of this class carry them out, one file for each kind of act.
// User code never runs under the lock, and nobody waits under it.

import Dispatch
import GantryContainers
import GantryLanes
import GantryScheduling
import Logging

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// One driver's containers, chunks and calls.
///
/// `@unchecked Sendable`: every mutable property, and every object reached through one, is guarded by `lock`.
///
/// `@exclusivity(unchecked)`, here and in what is reached from here: under the lock one thread at a time has access, and
/// no change of a property spans a call that could see it. The checks were a tenth of a turn's time.
final class Coordinator: @unchecked Sendable {
  private let lock = Lock()
  let log: Logger
  /// Whether the debug log is wanted; asked once.
  let isDebugging: Bool
  let bar: ProgressBar?
  /// What is said when the lock is freed.
  @exclusivity(unchecked) var outbox = Outbox()
  /// When the progress line is drawn next.
  @exclusivity(unchecked) var progressDueAt: UInt64 = .max
  /// Calls begun so far.
  @exclusivity(unchecked) var lastMap = 0
  /// Bytes of the arena that may be in use before inputs are no longer taken.
  let ringBytes: Int
  /// The most bytes a chunk of more than one input has.
  let chunkBytes: Int
  let poller: Poller

  @exclusivity(unchecked) var arena: Arena
  @exclusivity(unchecked) var chunks = ChunkTable()
  @exclusivity(unchecked) var pools: [Pool] = []
  /// Those of them that have something to do, or had a turn ago.
  @exclusivity(unchecked) var activePools: [Pool] = []
  /// Some pool is to be forgotten once nothing is left in it.
  @exclusivity(unchecked) var mayForget = false
  @exclusivity(unchecked) var keeper: Keeper
  /// Containers are threads of this process, and `keeper` keeps nothing.
  let isInProcess: Bool
  /// By epoch: the number in the poller's events.
  @exclusivity(unchecked) var containers: [UInt64: Container] = [:]
  @exclusivity(unchecked) var lastEpoch: UInt64 = 0
  /// The time of the present turn.
  @exclusivity(unchecked) var now: UInt64 = 0
  /// Callers that are driving now; at zero the containers ring the background thread.
  @exclusivity(unchecked) private var drivers = 0
  /// How soon stalled containers are looked at again.
  @exclusivity(unchecked) var tick = Coordinator.shortestTick
  @exclusivity(unchecked) var nextTick: UInt64 = 0
  /// When something is due at the latest; settled at the end of each turn.
  @exclusivity(unchecked) var deadline: UInt64 = .max
  /// What the poller's timer is set to.
  @exclusivity(unchecked) var armedDeadline: UInt64 = .max
  /// Woken once the lock is free.
  @exclusivity(unchecked) private var woken: [Waiter] = []
  /// Cancelled once the lock is free: that runs the handlers of the user's sequences.
  @exclusivity(unchecked) private var stoppedFeeders: [Feeder] = []
  @exclusivity(unchecked) var isShuttingDown = false
  @exclusivity(unchecked) var isStopped = false
  /// The process that made it.
  let owner = processNumber()
  /// Why it takes no calls any more, if the program has closed its descriptors.
  @exclusivity(unchecked) var estranged: GantryError?
  /// When it was last looked whether the descriptors are still the driver's own.
  @exclusivity(unchecked) var descriptorsCheckedAt: UInt64 = 0
  /// Containers whose descriptors the program has closed: what is left of them is never touched.
  @exclusivity(unchecked) var abandoned: [Container] = []
  /// Why it takes no calls at all: it has no processes.
  let refusal: GantryError?
  /// Whether containers have run the program's main before they are containers.
  let runsProgram: Bool
  @exclusivity(unchecked) var zygote = ZygoteWatch()
  /// Where the background thread waits while another driver of this process forks.
  let gate = Gate()

  static let shortestTick: UInt64 = 1_000_000
  static let longestTick: UInt64 = 64_000_000
  static let longestTurn: UInt64 = 2_000_000
  static let ringDefault = 8 << 20

  init(
    functions: [PoolFunction], configuration: Configuration,
    keeper: consuming Keeper, refusal: GantryError? = nil, runsProgram: Bool = false
  )
    throws
  {
    self.refusal = refusal
    self.runsProgram = runsProgram
    log = configuration.logger ?? defaultLogger()
    isDebugging = log.logLevel <= .debug
    bar = ProgressBar(configuration.progress)
    ringBytes = configuration.ringBytes ?? Coordinator.ringDefault
    chunkBytes = max(4096, min(256 << 10, ringBytes / 8))
    self.keeper = keeper
    isInProcess = configuration.start == .inProcess
    do {
      poller = try Poller()
    } catch {
      throw GantryError(.zygoteStartFailed, "The driver cannot wait for its processes: \(error).")
    }
    do {
      arena = try Arena(anonymous: sharedMemoryIsShort(for: ringBytes))
    } catch {
      throw GantryError(.sharedMemory, "The driver has no memory for inputs. \(error)")
    }
    pools = functions.enumerated().map {
      Pool(name: $1.name, function: $0, options: $1.options, runner: $1.runner, sandbox: $1.sandbox)
    }
  }

  // MARK: The lock

  /// Runs a body under the lock, and what it caused outside of it.
  @inline(__always)
  func locked<R>(_ body: () throws -> R) rethrows -> R {
    lock.lock()
    defer { unlock() }
    return try body()
  }

  /// Frees the lock, then resumes whoever was woken under it.
  private func unlock() {
    if woken.isEmpty && stoppedFeeders.isEmpty && outbox.isEmpty { return lock.unlock() }
    let woken = woken
    let stopped = stoppedFeeders
    if !woken.isEmpty { self.woken = [] }
    if !stopped.isEmpty { stoppedFeeders = [] }
    let said = outbox.isEmpty ? [] : outbox.take()
    lock.unlock()
    if !said.isEmpty { say(said) }
    for waiter in woken { waiter.wake() }
    for feeder in stopped { feeder.cancel() }
  }

  /// Wakes a caller once the lock is free.
  func wake(_ call: Call) {
    guard let waiter = call.waiter else { return }
    call.waiter = nil
    woken.append(waiter)
  }

  /// Ends the reading of a call's source.
  func stopFeeder(of call: Call) {
    guard let feeder = call.feeder else { return }
    call.feeder = nil
    feeder.stop()
    stoppedFeeders.append(feeder)
  }

  // MARK: Turns

  /// What a caller's turn ended with.
  enum Turn {
    /// Outputs are ready, or the call has ended.
    case deliverable
    /// Nothing to do but wait.
    case idle
    /// More to do, after so long that other tasks should have the caller's thread: one of them may cancel this one.
    case busy
  }

  /// Drives until the call has something for its caller, or there is nothing to do for a while.
  func turn(for call: Call, untilEnd: Bool) -> Turn {
    lock.lock()
    enter()
    let start = monotonicNow()
    var result = Turn.idle
    var worked = false
    // A single call's input goes straight to a container, and may come back before anything else is looked at.
    var isStraight = call.isSingle && call.sourceIsOpen
    // While the lock was free, others left to this turn what they heard.
    var isPumped = false
    turning: while true {
      isPumped = !isStraight
      if isStraight { now = start } else { pump() }
      isStraight = false
      if let grant = grant(for: call) {
        // Encoding may take as long as the user's code does: others are not to wait for it.
        if !call.filler.isCopied { leave() }
        unlockedRun { fill(call, grant) }
        if !call.filler.isCopied { enter() }
        isPumped = false
        if call.isSingle && call.pending.isEmpty && call.open > 0 {
          isStraight = true
          wakeFed(call.pool)
        } else {
          worked = true
          if !untilEnd && call.isDeliverable { pump() }
        }
      }
      if isDone(call, untilEnd) {
        if !isPumped { pump() }
        if call.isComplete { forgetEnded(in: call.pool) }
        result = .deliverable
        break turning
      }
      if worked {
        worked = false
        if now &- start < Coordinator.longestTurn { continue }
        result = .busy
        break turning
      }
      let end = start &+ spinNanoseconds(call.pool)
      if now > end && !isStraight { break }
      isStraight = false
      spin(for: call.pool, until: min(end, now &+ Coordinator.longestSpin))
    }
    leave()
    unlock()
    return result
  }

  /// Somebody drives from here on: containers need not ring.
  private func enter() {
    drivers += 1
    guard drivers == 1 else { return }
    for (_, container) in containers { container.lane.setParked(.never) }
  }

  /// The last to leave sees to it that containers ring the background thread.
  private func leave() {
    drivers -= 1
    if drivers == 0 { park() }
  }

  /// One round under the lock the caller holds, unless somebody is driving anyway.
  func roundUnlessDriven() {
    guard drivers == 0 else { return }
    enter()
    pump()
    leave()
  }

  /// One round of driving around an act that may give containers work.
  func round(_ act: () -> Void = {}) {
    locked {
      enter()
      now = monotonicNow()
      act()
      pump()
      leave()
    }
  }

  private func isDone(_ call: Call, _ untilEnd: Bool) -> Bool {
    untilEnd ? call.isComplete || call.sink.hasFailure : call.isDeliverable
  }

  private func unlockedRun(_ body: () -> Void) {
    unlock()
    body()
    lock.lock()
  }

  /// Waits without the lock until something lies in a ring of a pool: a look costs much less than a turn.
  private func spin(for pool: Pool, until end: UInt64) {
    unlock()
    repeat {
      for _ in 0..<Coordinator.looksPerTime {
        for _ in 0..<3 { spinPause() }
        lock.lock()
        if pool.containers.contains(where: { $0.lane.isPending }) { return }
        lock.unlock()
      }
    } while monotonicNow() < end
    lock.lock()
  }

  private static let looksPerTime = 8
  /// All else that may have come is looked for after so long.
  private static let longestSpin: UInt64 = 5_000

  /// How long a caller may spin: not at all where every processor has something better to do.
  private func spinNanoseconds(_ pool: Pool) -> UInt64 {
    pool.busyContainers < processorCount ? 50_000 : 2_000
  }

  /// Suspends the caller until its call is deliverable or wants input; the background thread drives meanwhile.
  func wait(for call: Call, untilEnd: Bool) async {
    await withCheckedContinuation { park(.task($0), for: call, untilEnd: untilEnd) }
  }

  /// Blocks the calling thread in the same way.
  func waitBlocking(for call: Call) {
    let semaphore = DispatchSemaphore(value: 0)
    park(.thread(semaphore), for: call, untilEnd: false)
    semaphore.wait()
  }

  private func park(_ waiter: Waiter, for call: Call, untilEnd: Bool) {
    locked {
      call.waiter = waiter
      call.waitsForEnd = untilEnd
      // Who sleeps is woken through them.
      checkDescriptors()
      now = monotonicNow()
      settle(call)
      if drivers == 0 { park() }
    }
  }

  /// Resumes a caller that has a reason.
  func settle(_ call: Call) {
    guard call.waiter != nil else { return }
    if isDone(call, call.waitsForEnd) || (call.isReadByCaller && hasRoom(call)) { wake(call) }
  }

  /// One round of everything: drain before filling, then feed, even out, and grow.
  func pump() {
    now = monotonicNow()
    // What is still to come says so again in this round.
    if deadline <= now { deadline = .max }
    for pool in activePools {
      drain(pool)
      releaseDelayed(pool)
      endOverdue(pool)
      feed(pool)
      evenOut(pool)
      grow(pool)
      shrink(pool)
    }
    if now >= nextTick { lookAtStalled() }
    var isIdle = false
    for pool in activePools {
      wakeFed(pool)
      for call in pool.calls { settle(call) }
      noteWaits(of: pool)
      forgetEnded(in: pool)
      if !pool.isActive { isIdle = true }
    }
    if isIdle { unlistIdle() }
    if mayForget { forgetDissolved() }
  }

  /// Wakes containers that were given something.
  private func wakeFed(_ pool: Pool) {
    for container in pool.containers where container.needsWake {
      container.needsWake = false
      container.lane.wake()
    }
  }

  /// Has containers ring the background thread, and looks once more for what came meanwhile.
  func park() {
    for _ in 0..<4 {
      var mayRing = false
      for (_, container) in containers {
        let level = doorbellLevel(container)
        if level != .never { mayRing = true }
        container.lane.setParked(level)
      }
      guard mayRing else { break }
      parkedFence()
      guard containers.values.contains(where: { $0.lane.isPending }) else { break }
      pump()
    }
    armTimer()
  }

  private func doorbellLevel(_ container: Container) -> DoorbellLevel {
    if container.ledger.isEmpty { return container.state == .starting ? .whenDry : .never }
    // One that runs several inputs may publish while it waits for more.
    if container.pool.concurrency > 1 { return .always }
    return container.pool.calls.contains { wantsEachRecord($0) } ? .always : .whenDry
  }

  /// Whether somebody sleeps who is to hear of the next outputs at once: not who waits for all of many short inputs.
  private func wantsEachRecord(_ call: Call) -> Bool {
    guard call.waiter != nil else { return false }
    return call.isSingle || !call.waitsForEnd || (call.pool.mean ?? .infinity) > Coordinator.shortInput
  }

  private static let shortInput = 1_000_000.0
}
