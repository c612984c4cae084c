// All that is needed to begin a call later, when its first result is asked for.

import GantryLanes

/// A call that has not begun.
struct CallRequest<Output: Sendable>: Sendable {
  /// Finds the function's pool; throws when no driver runs it.
  let bind: @Sendable () throws(GantryError) -> (Coordinator, Pool)
  let filler: ChunkFiller
  /// `nonisolated(unsafe)`: after the call has begun it is used under the driver's lock.
  nonisolated(unsafe) let sink: TypedSink<Output>
  let ceiling: Int?
  let isSingle: Bool
  let functionName: @Sendable () -> String

  /// Begins it; `byBlocking`: its caller blocks a thread for the results.
  func begin(noting: Bool = false, byBlocking: Bool = false) throws(GantryError) -> Call {
    let (coordinator, pool) = try bind()
    let call = Call(pool: pool, filler: filler, sink: sink, ceiling: ceiling, isSingle: isSingle)
    call.coordinator = coordinator
    call.total = filler.left()
    if noting { call.facts = [:] }
    try coordinator.begin(call, byBlocking: byBlocking)
    return call
  }

  /// Whether its driver takes no calls, because the process has another purpose.
  var isRefused: Bool { (try? bind())?.0.refusal != nil }

  func coordinator(of call: Call) -> Coordinator {
    guard let coordinator = call.coordinator else {
      preconditionFailure("A call that began has a coordinator.")
    }
    return coordinator
  }

  func warnUnconsumed() {
    let text =
      "The results of a map over function \"\(functionName())\" were never iterated: no input was run."
    if let (coordinator, _) = try? bind() {
      coordinator.log.warning("\(text)")
    } else {
      defaultLogger().warning("\(text)")
    }
  }
}

extension Coordinator {
  /// Hands a call's ready outputs over, in exchange for the buffers of those that were decoded.
  func take<Output>(
    _ sink: TypedSink<Output>, of call: Call, for buffers: SpareBuffers
  ) -> (parcels: [Parcel<Output>], isComplete: Bool, failure: (any Error)?) {
    locked {
      sink.keep(buffers)
      var parcels = sink.take()
      if call.facts != nil {
        for place in 0..<parcels.count {
          parcels[place].facts = call.takeFacts(from: parcels[place].index, count: parcels[place].count)
        }
      }
      if call.window.ceiling == nil, !call.isCollecting {
        for parcel in parcels { call.window.hand(parcel.count) }
      }
      for parcel in parcels { call.window.outputBytes -= parcel.countedBytes }
      return (parcels, call.isComplete, call.outcome)
    }
  }

  func hand(_ count: Int, to call: Call) {
    guard call.isReadByCaller else { return round { call.window.hand(count) } }
    locked { call.window.hand(count) }
  }

  /// From now on outputs count as handed over when they arrive.
  func collectAll<Output>(_ sink: TypedSink<Output>, of call: Call) {
    locked {
      call.isCollecting = true
      // A feeder may have been quick: what came before this moment is handed over, too.
      call.window.hand(call.window.outstanding - call.open)
      if !call.isSingle, call.filler.isPrompt, let count = call.filler.left() { sink.reserve(count) }
    }
  }
}
