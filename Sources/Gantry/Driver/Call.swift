// One map, for-each or remote call as the driver sees it: its source, its open inputs, its outputs, its waiter.

import GantryScheduling
import GantryWire

/// A call.
///
/// Every mutable property is guarded by the coordinator's lock, which is why it may be `@unchecked
/// Sendable`.
final class Call: @unchecked Sendable {
  let pool: Pool
  let filler: ChunkFiller
  let sink: OutputSink
  /// Calls of a single input are fed before others.
  let isSingle: Bool

  @exclusivity(unchecked) var window: Window
  @exclusivity(unchecked) var sizing: ChunkSizing
  @exclusivity(unchecked) var compression: CompressionPolicy
  /// Pieces that wait for a lane; redelivered ones stand in front.
  @exclusivity(unchecked) var pending = Fifo<Piece>()
  /// Inputs that are to run without company: where containers run several at once, and where nobody knows which of
  /// several made a container do what none may.
  @exclusivity(unchecked) var alone = Fifo<Piece>()
  /// Inputs in both.
  @exclusivity(unchecked) var pendingInputs = 0
  /// Inputs taken that were neither delivered nor dropped.
  @exclusivity(unchecked) var open = 0
  /// Attempts of inputs that failed once.
  @exclusivity(unchecked) var charges: [Int: Charge] = [:]
  /// The index of the next input to be taken.
  @exclusivity(unchecked) var nextIndex = 0
  @exclusivity(unchecked) var sourceIsOpen = true
  /// Somebody is encoding a chunk of this call.
  @exclusivity(unchecked) var isFilling = false
  @exclusivity(unchecked) var isCancelled = false
  /// What ends the whole call, after the outputs before it.
  @exclusivity(unchecked) var failure: GantryError?
  /// What its input sequence threw: the caller's, after the outputs of the inputs before it.
  @exclusivity(unchecked) var sourceError: (any Error)?
  @exclusivity(unchecked) var waiter: Waiter?
  /// The waiter wants to know of the end or a failure only.
  @exclusivity(unchecked) var waitsForEnd = false
  @exclusivity(unchecked) var feeder: Feeder?
  /// Set once, before the call begins.
  @exclusivity(unchecked) var coordinator: Coordinator?
  /// Its source is read on its caller's thread: it cannot block, or the caller blocks anyway.
  @exclusivity(unchecked) var isReadByCaller: Bool
  /// Outputs count as handed over when they arrive: nobody takes them before the end.
  @exclusivity(unchecked) var isCollecting = false
  /// Smoothed bytes of an input.
  @exclusivity(unchecked) var meanBytes = 64.0
  /// Inputs that gave an output, and that failed for good.
  @exclusivity(unchecked) var completed = 0
  @exclusivity(unchecked) var failed = 0
  /// Inputs taken or about to be, where the source can tell.
  @exclusivity(unchecked) var total: Int?
  /// Attempts, durations and containers by index, while nobody took them; nil unless the caller asked.
  @exclusivity(unchecked) var facts: [Int: OutcomeFacts]?
  /// What the log tells of it.
  @exclusivity(unchecked) var diary = CallDiary()
  /// During a shutdown: since when nothing was in flight and nobody waited.
  @exclusivity(unchecked) var forgottenSince: UInt64?
  /// Since when nothing of it was in a lane although something waited; nil when it is being served.
  @exclusivity(unchecked) var starvedSince: UInt64?

  init(pool: Pool, filler: ChunkFiller, sink: OutputSink, ceiling: Int?, isSingle: Bool) {
    self.pool = pool
    self.filler = filler
    self.sink = sink
    self.isSingle = isSingle
    isReadByCaller = filler.isPrompt
    window = Window(ceiling: ceiling)
    sizing = pool.newSizing()
    compression = CompressionPolicy(pool.options.compression.policy)
  }

  /// After how many inputs a container publishes: after each where its own duration is wanted.
  var publishEvery: UInt32 { facts == nil ? sizing.publishEvery : 1 }

  /// Whether every input was taken and accounted for.
  var isComplete: Bool { failure != nil || isCancelled || (!sourceIsOpen && open == 0) }

  /// What its caller is told at the end, after all outputs; nil for a plain end.
  var outcome: (any Error)? {
    failure ?? (isCancelled ? CancellationError() : sourceError)
  }

  /// Whether its caller has a reason to be woken.
  var isDeliverable: Bool { sink.hasReady || isComplete }
}

/// Why and how often an input was started again.
struct Charge {
  var crashes = 0
  /// It was running when a container died that ran several: the next attempt shows whether it was to blame.
  var runsAlone = false
  var throwns = 0
  /// It may have been running when a container wrote what none may, or died without a word of what it ran: it begins
  /// a piece that is run in a container that has nothing else.
  var isSuspect = false
  /// Containers that died with this input before all others in their books, and nobody to blame.
  var doubts = 0
  var attempts: Int { crashes + throwns }
}
