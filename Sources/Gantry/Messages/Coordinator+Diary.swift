// The debug log of maps: when they begin, chunks and outputs as they come, retries, containers, and a summary.
// Called under the driver's lock; what repeats is thinned, so that a map of millions of inputs takes some dozen lines.

import GantryLanes

extension Coordinator {
  /// A call was taken on.
  func noteBegin(_ call: Call) {
    lastMap += 1
    call.diary.number = lastMap
    call.diary.beganAt = monotonicNow()
    expectProgress(of: call)
    guard isDebugging, !call.isSingle else { return }
    let size = call.total.map { "\($0) inputs" } ?? "inputs of unknown number"
    debug("\(call.title) begins: \(size), up to \(call.pool.maxContainers) containers.", call.metadata)
  }

  /// A chunk left its source.
  func noteChunk(_ chunk: Chunk) {
    let call = chunk.call
    call.diary.bytesRaw += chunk.form.raw
    call.diary.bytesPacked += chunk.form.stored
    call.diary.peakBytes = max(call.diary.peakBytes, arena.used)
    let isTold = call.diary.chunks.isNextTold()
    guard isTold, isDebugging, !call.isSingle else { return }
    debug(
      "\(call.title) sends chunk \(call.diary.chunks.count): \(chunk.count) inputs in \(chunk.form.raw) bytes, packed "
        + "\(chunk.form.stored); \(chunk.base + Int(chunk.count)) inputs so far, ring "
        + "\(percent(Double(arena.used) / Double(ringBytes))) full.", call.metadata)
  }

  /// Outputs came.
  func noteArrival(_ call: Call) {
    guard isDebugging, call.diary.arrivals.isNextTold(), !call.isSingle else { return }
    debug(
      "\(call.title) has \(call.completed) outputs of \(call.nextIndex) inputs, "
        + "\(call.failed) failed, \(call.open) on their way.", call.metadata)
  }

  /// An input is to be tried again.
  func noteRetry(_ call: Call, _ index: Int, attempts: Int, after delay: UInt64, because cause: RetryCause) {
    call.diary.retried += 1
    let isTold = call.diary.retries.isNextTold()
    guard isDebugging, isTold || call.diary.retries.count <= CallDiary.retriesToldSingly else { return }
    debug(
      "\(call.title) tries input \(index) again in \(shortSeconds(Double(delay) / 1e9)), "
        + "after \(attempts) \(attempts == 1 ? "attempt" : "attempts"): \(cause.words)", call.metadata)
  }

  /// Takes calls off the books that are over.
  func forgetEnded(in pool: Pool) {
    pool.calls.removeAll { call in
      guard call.isComplete, call.open == 0 else { return false }
      // Nobody looks at it any more.
      wake(call)
      noteEnd(call)
      return true
    }
  }

  private func noteEnd(_ call: Call) {
    finishProgress(of: call)
    guard isDebugging, !call.isSingle else { return }
    debug(call.summary(now: now, ringBytes: ringBytes), call.metadata)
  }
}

extension CallDiary {
  /// So many retries have a line each; later ones are thinned.
  static let retriesToldSingly = 8
}

/// Why an input is tried again.
enum RetryCause {
  case threw
  case failed(InputError.Reason)

  /// Without what takes long to find out: the lock is held.
  var words: String {
    switch self {
    case .threw: "it threw."
    case .failed(.crashed(let exit)): exit.summary
    case .failed(.timedOut(let limit)): "it ran longer than \(limit)."
    case .failed: "it failed."
    }
  }
}
