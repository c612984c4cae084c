// The containers of one function and the calls that use them, as the driver's books.

import GantryContainers
import GantryLanes
import GantryScheduling

/// Guarded by the coordinator's lock.
final class Pool {
  let name: String
  /// The function's place among those its zygote knows.
  let function: Int
  let options: FunctionOptions
  let runner: ChunkRunner
  /// What its containers may not do.
  let sandbox: SandboxRules?
  let maxContainers: Int
  @exclusivity(unchecked) var containers: [Container] = []
  @exclusivity(unchecked) var calls: [Call] = []
  /// Where the next turn of feeding begins.
  @exclusivity(unchecked) var nextCall = 0
  @exclusivity(unchecked) var scaling: PoolScaling
  /// Inputs that a container runs at a time.
  let concurrency: Int
  /// Grants starts, where the function has a rate limit.
  @exclusivity(unchecked) var limiter: RateLimiter?
  /// Inputs that wait for their backoff, soonest first.
  @exclusivity(unchecked) var delayed: [DelayedPiece] = []
  /// Smoothed run time of an input over all calls, in nanoseconds.
  @exclusivity(unchecked) var mean: Double?
  @exclusivity(unchecked) var counts = PoolCounts()
  @exclusivity(unchecked) var waits = WaitClock()
  /// Since when no container could be started for want of descriptors or memory that others hold.
  @exclusivity(unchecked) var wantsRoomSince: UInt64?
  /// It stands among those that turns look at.
  @exclusivity(unchecked) var isListed = false
  /// The last who could call it is gone: it goes with its last call and container.
  @exclusivity(unchecked) var isDissolving = false

  init(
    name: String, function: Int, options: FunctionOptions, runner: ChunkRunner, sandbox: SandboxRules?
  ) {
    self.name = name
    self.function = function
    self.options = options
    self.runner = runner
    self.sandbox = sandbox
    maxContainers = options.maxContainers ?? processorCount
    scaling = PoolScaling(
      most: maxContainers, least: min(options.minContainers, maxContainers), buffer: options.bufferContainers,
      failuresAllowed: runner.hasState ? PoolScaling.failedEntersAllowed : PoolScaling.failuresAllowed)
    concurrency = runner.isSync ? 1 : options.inputConcurrency
    limiter = options.rateLimit.map { RateLimiter(count: $0.count, span: $0.per.clampedNanoseconds) }
  }

  /// Whether its containers run code of the user's when they are asked to leave.
  var hasExit: Bool { runner.hasExit }

  /// Whether bodies run on their container's one thread.
  var isSynchronous: Bool { if case .sync = runner { true } else { false } }

  /// A new call starts from what the calls before it have shown.
  ///
  /// Inputs that are fed singly lie singly: a container decodes no chunk for one input of it.
  func newSizing() -> ChunkSizing { ChunkSizing(fixed: feedsSingly ? 1 : options.chunking.size) }

  /// Estimated nanoseconds of work in so many inputs; what was never measured counts as slow.
  func work(_ inputs: Int) -> Double { Double(inputs) * (mean ?? 50_000) }

  /// Inputs that no container is running and none has published.
  var waitingInputs: Int {
    var waiting = 0
    for call in calls { waiting += call.pendingInputs }
    if feedsSingly { return waiting }
    for container in containers where container.ledger.inputs > 1 { waiting += container.ledger.inputs - 1 }
    return waiting
  }
}

/// An input that waits for its backoff.
struct DelayedPiece {
  var due: UInt64
  var piece: Piece
  var call: Call
}

/// What a pool has done so far.
struct PoolCounts {
  var inputsTaken = 0
  var completed = 0
  var failed = 0
  var retried = 0
  var chunks = 0
  var bytesRaw = 0
  var bytesPacked = 0
  var started = 0
  var died = 0
}
