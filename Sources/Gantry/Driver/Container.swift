// One container as the driver sees it: its lane, its ledger, its process, and the last words it wrote.

import GantryLanes
import GantryScheduling

/// Guarded by the coordinator's lock.
final class Container {
  enum State {
    /// Asked for; it may be fed, and has not said that it runs.
    case starting
    case ready
    /// No longer fed; its death is on the way.
    case closing
  }

  /// The number of this container, never used twice by a driver.
  let epoch: UInt64
  let pool: Pool
  let lane: LaneProducer
  @exclusivity(unchecked) var ledger = LaneLedger()
  @exclusivity(unchecked) var state = State.starting
  /// It has reported that it runs.
  @exclusivity(unchecked) var hasStarted = false
  @exclusivity(unchecked) var pid: Int32 = 0
  /// The same in its own words, which may come first; for messages only.
  @exclusivity(unchecked) var pidInItsWords: Int32 = 0
  @exclusivity(unchecked) var pidfd: Int32 = -1
  let errorPipe: Int32
  /// The last bytes of its standard error.
  @exclusivity(unchecked) var lastWords: [UInt8] = []
  /// What it will write on its standard error before anything of its own; nil: it has, or it writes nothing else.
  @exclusivity(unchecked) var mark: [UInt8]?
  /// Whether what it writes on its standard error is shown; it explains its death in any case.
  @exclusivity(unchecked) var isHeard = true
  /// The program's standard error has no room for what it writes on its own, which is left in the pipe.
  @exclusivity(unchecked) var isMuted = false
  /// Pieces of one large output.
  @exclusivity(unchecked) var largePieces: [UInt8] = []
  /// Where it stood when last looked at, and since when.
  @exclusivity(unchecked) var seen = LaneProgress(tag: 0, input: 0, isRunning: false)
  @exclusivity(unchecked) var seenSince: UInt64 = 0
  /// It stood still for too long when last looked at: one input takes longer than the others let expect.
  @exclusivity(unchecked) var isStuck = false
  let startedAt: UInt64
  /// Records taken; 0: it never got as far as an input.
  @exclusivity(unchecked) var outputs = 0
  /// Attempts of them that threw or gave what has no encoding.
  @exclusivity(unchecked) var failed = 0
  /// Descriptors that were cancelled while they ran; it is killed when it still has one then.
  @exclusivity(unchecked) var unwanted: [(position: UInt64, at: UInt64)] = []
  /// Descriptors that are to be cancelled when the container has had time to read of those before.
  @exclusivity(unchecked) var toCancel = Fifo<UInt64>()
  /// Cancels written since the last look at it.
  @exclusivity(unchecked) var cancelsWritten = 0
  /// Times the running input, where the function has a timeout.
  @exclusivity(unchecked) var clock = AttemptClock()
  /// Tells whether it goes on at all, where the function has a timeout.
  @exclusivity(unchecked) var standstill = StandstillClock()
  /// Positions of granted inputs that were not seen to start.
  @exclusivity(unchecked) var unseen: [UInt64] = []
  /// The input that was overdue when the driver killed it.
  @exclusivity(unchecked) var overdue: LaneProgress?
  /// Times its inputs, where several run at once.
  @exclusivity(unchecked) var claims = ClaimClock()
  /// The descriptors before it were overdue when the driver killed it, where several run at once.
  @exclusivity(unchecked) var overdueBefore: UInt64?
  /// The driver killed it because something cancelled would not end.
  @exclusivity(unchecked) var outlivedCancel = false
  /// What it has is to run without company.
  @exclusivity(unchecked) var isAlone = false
  /// It ended because its zygote did.
  @exclusivity(unchecked) var isOrphan = false
  /// The driver asked it to leave.
  @exclusivity(unchecked) var isRetiring = false
  /// Kill it then if it has not left.
  @exclusivity(unchecked) var leaveBy: UInt64?
  /// Why the driver killed it, if it did.
  @exclusivity(unchecked) var verdict: String?
  /// It wrote what no correct container writes, or shows no sign of what it does: none of its words is believed.
  @exclusivity(unchecked) var isLiar = false
  /// Rings of its doorbell in a row that nothing had come before.
  @exclusivity(unchecked) var emptyRings = 0
  /// When the kernel said that it is gone, while its status is awaited.
  @exclusivity(unchecked) var goneSince: UInt64?
  @exclusivity(unchecked) var needsWake = false
  @exclusivity(unchecked) var idleSince: UInt64 = 0

  init(epoch: UInt64, pool: Pool, lane: LaneProducer, errorPipe: Int32, now: UInt64) {
    self.epoch = epoch
    self.pool = pool
    self.lane = lane
    self.errorPipe = errorPipe
    startedAt = now
  }

  /// The process to name in messages.
  var namedPid: Int32 { pid != 0 ? pid : pidInItsWords }

  static let mostEntries = 32
  /// Descriptors it may have at a time.
  var mostEntries: Int { pool.concurrency > 1 ? pool.concurrency : Container.mostEntries }
  static let enoughWork = 100_000.0

  var isFeedable: Bool {
    state != .closing && ledger.entries.count < mostEntries && inputsLeft > 0
  }

  /// Inputs it may still be given before it is replaced.
  var inputsLeft: Int {
    guard let most = pool.options.maxInputsPerContainer else { return .max }
    return most - outputs - ledger.inputs
  }

  /// Whether it should be given more: less than two chunks, or too little work to cover a wake.
  var isHungry: Bool {
    guard isFeedable else { return false }
    if pool.concurrency > 1 { return canBegin }
    if ledger.isEmpty { return true }
    // One in its grace may be killed: what is queued behind the cancelled input would wait for that.
    if isAlone || state == .starting || isStuck || !unwanted.isEmpty { return false }
    return pool.work(ledger.inputs) < Container.enoughWork || (ledger.entries.count < 2 && pool.mean != nil)
  }

  /// The progress words, in the ledger's terms.
  func progress() -> LaneProgress {
    let word = lane.progress()
    return LaneProgress(tag: word.tag, input: word.input, isRunning: word.running)
  }
}
