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

  var window: Window
  var sizing: ChunkSizing
  var compression: CompressionPolicy
  /// Pieces that wait for a lane; redelivered ones stand in front.
  var pending = Fifo<Piece>()
  /// Inputs in `pending`.
  var pendingInputs = 0
  /// Inputs taken that were neither delivered nor dropped.
  var open = 0
  /// Attempts of inputs that failed once.
  var charges: [Int: Charge] = [:]
  /// The index of the next input to be taken.
  var nextIndex = 0
  var sourceIsOpen = true
  /// Somebody is encoding a chunk of this call.
  var isFilling = false
  var isCancelled = false
  var isEnded = false
  /// What ends the whole call, after the outputs before it.
  var failure: GantryError?
  var waiter: CheckedContinuation<Void, Never>?
  /// The waiter wants to know of the end or a failure only.
  var waitsForEnd = false
  var feeder: Feeder?
  /// Set once, before the call begins.
  var coordinator: Coordinator?
  /// Outputs count as handed over when they arrive: nobody takes them before the end.
  var isCollecting = false
  /// Smoothed bytes of an input.
  var meanBytes = 64.0
  /// During a shutdown: since when nothing was in flight and nobody waited.
  var forgottenSince: UInt64?
  /// Since when nothing of it was in a lane although something waited; nil when it is being served.
  var starvedSince: UInt64?

  init(pool: Pool, filler: ChunkFiller, sink: OutputSink, ceiling: Int?, isSingle: Bool) {
    self.pool = pool
    self.filler = filler
    self.sink = sink
    self.isSingle = isSingle
    window = Window(ceiling: ceiling)
    sizing = pool.newSizing()
    compression = CompressionPolicy(pool.options.compression.policy)
  }

  /// Whether every input was taken and accounted for.
  var isComplete: Bool { failure != nil || isCancelled || (!sourceIsOpen && open == 0) }

  /// Whether its caller has a reason to be woken.
  var isDeliverable: Bool { sink.hasReady || isComplete }
}

/// Why and how often an input was started again.
struct Charge {
  var crashes = 0
  var throwns = 0
  var attempts: Int { crashes + throwns }
}
